// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace smear::vae {

/// Writes the model as TorchScript. In Python, `m = torch.jit.load(file)` has
/// `m.encode(images)`, which returns mu and logvar, `m.decode(z)`, and `m(images)`, the
/// reconstruction from mu; images are {n, 3, size, size} floats in [0, 1]. The methods of a
/// class-conditional model take the positions of the classes, {n} int64, as a second argument.
/// Throws `PluginError` for a model that is refused, `RunError` where it cannot be written.
void export_torchscript(const std::filesystem::path& model, const std::filesystem::path& to);

}  // namespace smear::vae
