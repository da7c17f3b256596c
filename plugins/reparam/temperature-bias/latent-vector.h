// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// One finite number for each of the `latent` dimensions, from a file: NumPy's `.npy` (one
/// dimension of little-endian float32 or float64), or text with white space between the numbers,
/// such as one a line. What the file is is told by its first bytes. Throws `ConfigError`.
std::vector<double> read_latent_vector(const std::string& file, std::int64_t latent);
