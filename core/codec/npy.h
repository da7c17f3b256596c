// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "smear/errors.h"
#include "smear/tensor.h"

/// Tensors in NumPy's `.npy` files, version 1.0 of the format, in C order.
namespace smear::codec {

/// What a file says of its array. It was compared with the file's size.
struct NpyHeader {
  std::vector<std::int64_t> shape;  ///< empty for a single number
  std::string type;                 ///< as NumPy writes it: "<f4"
  std::int64_t values = 1;          ///< how many there are, the product of `shape`
};

/// Reads the header only. Throws `SampleError` as `read_npy` does.
NpyHeader peek_npy(const std::filesystem::path& path);

/// The array as 32-bit floats. Stored as `<f4`, `<f8` (rounded to 32 bits), `|u1`, `<i4` or `<i8`.
///
/// Throws `SampleError` that says why not: another type, byte order, or version; Fortran order; an
/// array without values; a file that is shorter or longer than its header says; values that are not
/// finite, or that 32-bit floats cannot hold (larger ones, whole numbers that would be rounded).
/// Memory is taken only for what the file really holds.
Tensor read_npy(const std::filesystem::path& path);

/// Writes `<f4`. The same bytes for the same tensor. Throws `SampleError` for a value that is not
/// finite and for a tensor whose values do not fill its shape, `RunError` where the disk does not
/// take the file.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

/// "128", "3 x 256 x 256"; "1" for a single number.
std::string describe_shape(const std::vector<std::int64_t>& shape);

}  // namespace smear::codec
