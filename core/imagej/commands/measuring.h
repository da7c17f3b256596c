// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagej/operations/measure.h"
#include "imagej/session.h"

namespace smear::imagej {

/// "TITLE", with the selection's name and the plane's label where there are some: "TITLE:NAME".
/// TITLE is that of `redirect`, if there is one.
std::string measurement_label(const ImagePlus& image, const Roi* roi,
                              const ImagePlus* redirect = nullptr);

/// The image that Set Measurements redirects to; null where it does not. Throws `SampleError` where
/// it is not open any more.
const ImagePlus* redirected(Session& session);

/// A new row, labelled where Set Measurements says so.
void add_measured_row(const Session& session, ResultsTable& table, const std::string& label);

/// Where `image` is measured: in itself, or where Set Measurements redirects to. Throws
/// `SampleError` where that image is gone or has another size.
MeasuringPlane measuring_plane(Session& session, const ImagePlus& image);

/// Measures a selection of the active image, or the whole of it (null), into the Results table.
/// Throws `SampleError` for selections that are not measured.
void measure_selection(Session& session, const Roi* roi);

/// Measures all that is on the active image's overlay, as Measure would each. Throws `SampleError`
/// where there is nothing.
void measure_overlay_of(Session& session);

/// Goes before the rows of Measure, which drops what Analyze Particles measured without `display`.
/// Throws `SampleError` where rows of setResult are not shown yet: ImageJ would drop those.
void begin_measuring(Session& session);

/// What Show All does to an image: its overlay becomes what the ROI Manager holds, the same
/// objects. An overlay that it has stays as it is.
void show_all_on(Session& session, ImagePlus& image);

}  // namespace smear::imagej
