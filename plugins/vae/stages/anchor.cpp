// SPDX-License-Identifier: Apache-2.0
#include "stages/anchor.h"

#include <fmt/format.h>

#include "codec/npy.h"
#include "smear/errors.h"
#include "stages/latents.h"

namespace smear::vae {

void Anchor::describe(OptionSpec& spec, const std::string& prefix, const std::string& what) {
  spec.text(prefix + "_class", class_)
      .help(what + ": the mean of mu over this class, which the model holds.");
  spec.file(prefix + "_tensor", file_)
      .help(what + ": a .npy file with {latent} numbers, such as save-tensor writes.");
}

void Anchor::check(const std::string& prefix) const {
  if (!class_.empty() && !file_.empty())
    throw ConfigError(
        fmt::format("{0}_class and {0}_tensor exclude each other: give one of the two", prefix));
}

torch::Tensor Anchor::place(const Model* model) const {
  if (!class_.empty()) return model->class_mean(class_).unsqueeze(0);
  try {
    const auto rows = rows_of(codec::read_npy(file_), "tensor");
    if (rows.size(0) != 1)
      throw SampleError(fmt::format("it holds {} latents, expected one", rows.size(0)));
    return rows;
  } catch (const SampleError& error) {
    throw ConfigError(fmt::format("{}: {}", file_, error.what()));
  }
}

}  // namespace smear::vae
