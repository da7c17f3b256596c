// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "smear/export.h"
#include "smear/image.h"
#include "smear/options.h"
#include "smear/state.h"
#include "smear/table.h"
#include "smear/tensor.h"

namespace smear {

/// Which image a sample is.
struct SampleId {
  /// Relative to the input directory, '/'-separated, in the file system's own bytes.
  std::string path;
  /// 0 where a file is one image; else the page, counted from 1.
  int part = 0;

  auto operator<=>(const SampleId&) const = default;
};

/// The path, and for a part of a file `path#part`: what logs and the `image` column show.
SMEAR_SDK_API std::string to_string(const SampleId& id);

/// What a slot holds.
using SlotValue = std::variant<Image, Table, Tensor, std::shared_ptr<const State>>;

/// One image on its way through a pipeline: who it is, and what the stages made of it so far.
///
/// By convention `source` is the image as read, `image` the current one, `mask` a grey8 image of 0
/// and 255, `labels` a label32 image, `objects` a table with one row a label, in label order.
class SMEAR_SDK_API Sample {
 public:
  explicit Sample(SampleId id) : id_(std::move(id)) {}

  [[nodiscard]] const SampleId& id() const { return id_; }

  /// The slot's value. Throws `SampleError` where the slot is empty or holds another kind.
  [[nodiscard]] const Image& image(std::string_view slot) const;
  [[nodiscard]] const Table& table(std::string_view slot) const;
  [[nodiscard]] const Tensor& tensor(std::string_view slot) const;
  [[nodiscard]] const std::shared_ptr<const State>& state(std::string_view slot) const;

  /// Takes the state out of its slot, which is then empty. Where no other sample shares it, the
  /// caller holds the only pointer, and may change it and put it back.
  [[nodiscard]] std::shared_ptr<const State> take_state(std::string_view slot);

  [[nodiscard]] bool has(std::string_view slot) const;
  /// What the slot holds: a single type (a mask shows as grey8). Throws as `image` does.
  [[nodiscard]] SlotType type_of(std::string_view slot) const;
  void set(std::string_view slot, SlotValue value);
  void erase(std::string_view slot);

  /// Something a person should know about this sample that did not stop it.
  void warn(std::string message) { warnings_.push_back(std::move(message)); }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  /// Stages name slots as they declared them; a pipeline may wire a declared name to another slot
  /// (`inputs: {image: source}`). The runner installs that wiring before each stage.
  using Wiring = std::map<std::string, std::string, std::less<>>;
  void wire(const Wiring* inputs, const Wiring* outputs);

 private:
  [[nodiscard]] std::string_view resolve(std::string_view slot, const Wiring* wiring) const;
  [[nodiscard]] const SlotValue& get(std::string_view slot) const;

  SampleId id_;
  std::map<std::string, SlotValue, std::less<>> slots_;
  std::vector<std::string> warnings_;
  const Wiring* inputs_ = nullptr;
  const Wiring* outputs_ = nullptr;
};

}  // namespace smear
