// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <string>

#include "model.h"
#include "smear/options.h"

namespace smear::vae {

/// A fixed place in latent space that two options name: `<prefix>_class`, a class whose mean the
/// model holds, or `<prefix>_tensor`, a .npy file such as `save-tensor` writes.
class Anchor {
 public:
  /// `what` completes the help: "The end of the path".
  void describe(OptionSpec& spec, const std::string& prefix, const std::string& what);
  [[nodiscard]] bool given() const { return !class_.empty() || !file_.empty(); }
  [[nodiscard]] bool needs_model() const { return !class_.empty(); }
  /// Throws `ConfigError` where both options are given.
  void check(const std::string& prefix) const;
  /// {1, latent}. Throws `ConfigError` for an unknown class, a file that is none.
  [[nodiscard]] torch::Tensor place(const Model* model) const;

 private:
  std::string class_;
  std::string file_;
};

}  // namespace smear::vae
