// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <itkImage.h>
#include <itkMultiThreaderBase.h>

#include <opencv2/core/mat.hpp>

#include "smear/image.h"

/// The passage between our pixels and ITK's, without copying: a continuous `cv::Mat` lends its
/// buffer to an `itk::Image` and the other way round. Spacing is 1, so that lengths are pixels.
namespace smear::itk_bridge {

template <typename Pixel>
using ItkImage = itk::Image<Pixel, 2>;

/// An ITK image of the given size over foreign memory, which must outlive it.
template <typename Pixel>
typename ItkImage<Pixel>::Pointer over(Pixel* data, int width, int height) {
  auto image = ItkImage<Pixel>::New();
  typename ItkImage<Pixel>::SizeType size;
  size[0] = static_cast<itk::SizeValueType>(width);
  size[1] = static_cast<itk::SizeValueType>(height);
  image->SetRegions(size);
  image->GetPixelContainer()->SetImportPointer(
      data, static_cast<itk::SizeValueType>(width) * static_cast<itk::SizeValueType>(height),
      false);
  return image;
}

/// `pixels` as an ITK input. The pixel type must be that of the matrix, which must be continuous
/// and outlive the ITK image. ITK filters do not write into their inputs unless they run in place:
/// call `InPlaceOff()` on those that may.
template <typename Pixel>
typename ItkImage<Pixel>::Pointer view(const cv::Mat& pixels) {
  CV_Assert(pixels.isContinuous() && pixels.elemSize() == sizeof(Pixel));
  return over(const_cast<Pixel*>(pixels.ptr<Pixel>()), pixels.cols, pixels.rows);
}

/// Lets a filter write its output straight into a new matrix, and runs it.
/// `Filter`'s output pixel must have the size of `cv_type`'s element.
template <typename Filter>
cv::Mat run(Filter& filter, int cv_type) {
  filter.UpdateLargestPossibleRegion();
  const auto* output = filter.GetOutput();
  const auto size = output->GetLargestPossibleRegion().GetSize();
  const cv::Mat shared(static_cast<int>(size[1]), static_cast<int>(size[0]), cv_type,
                       const_cast<void*>(static_cast<const void*>(output->GetBufferPointer())));
  return shared.clone();  // a plain copy is cheaper than keeping ITK's pipeline alive
}

}  // namespace smear::itk_bridge
