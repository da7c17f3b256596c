// SPDX-License-Identifier: Apache-2.0
#include "smear/sample.h"

#include "smear/errors.h"

namespace smear {
namespace {

template <typename T>
const T& value_as(const SlotValue& value, std::string_view slot, const char* kind) {
  if (const T* result = std::get_if<T>(&value)) return *result;
  throw SampleError("slot '" + std::string(slot) + "' does not hold " + kind);
}

}  // namespace

std::string to_string(const SampleId& id) {
  return id.part == 0 ? id.path : id.path + "#" + std::to_string(id.part);
}

void Sample::wire(const Wiring* inputs, const Wiring* outputs) {
  inputs_ = inputs;
  outputs_ = outputs;
}

std::string_view Sample::resolve(std::string_view slot, const Wiring* wiring) const {
  if (wiring == nullptr) return slot;
  const auto it = wiring->find(slot);
  return it == wiring->end() ? slot : std::string_view(it->second);
}

const SlotValue& Sample::get(std::string_view slot) const {
  const auto it = slots_.find(resolve(slot, inputs_));
  if (it == slots_.end())
    throw SampleError("slot '" + std::string(resolve(slot, inputs_)) + "' is empty");
  return it->second;
}

const Image& Sample::image(std::string_view slot) const {
  return value_as<Image>(get(slot), slot, "an image");
}
const Table& Sample::table(std::string_view slot) const {
  return value_as<Table>(get(slot), slot, "a table");
}
const Tensor& Sample::tensor(std::string_view slot) const {
  return value_as<Tensor>(get(slot), slot, "a tensor");
}

const std::shared_ptr<const State>& Sample::state(std::string_view slot) const {
  return value_as<std::shared_ptr<const State>>(get(slot), slot, "a state");
}

std::shared_ptr<const State> Sample::take_state(std::string_view slot) {
  auto taken = state(slot);
  slots_.erase(std::string(resolve(slot, inputs_)));
  return taken;
}

bool Sample::has(std::string_view slot) const {
  return slots_.contains(std::string(resolve(slot, inputs_)));
}

SlotType Sample::type_of(std::string_view slot) const {
  const SlotValue& value = get(slot);
  if (std::holds_alternative<Table>(value)) return SlotType::table;
  if (std::holds_alternative<Tensor>(value)) return SlotType::tensor;
  if (std::holds_alternative<std::shared_ptr<const State>>(value)) return SlotType::state;
  switch (std::get<Image>(value).type()) {
    case PixelType::grey8: return SlotType::grey8;
    case PixelType::rgb8: return SlotType::rgb8;
    case PixelType::grey16: return SlotType::grey16;
    case PixelType::float32: return SlotType::float32;
    case PixelType::label32: return SlotType::label32;
  }
  return SlotType::none;
}

void Sample::set(std::string_view slot, SlotValue value) {
  slots_.insert_or_assign(std::string(resolve(slot, outputs_)), std::move(value));
}

void Sample::erase(std::string_view slot) { slots_.erase(std::string(slot)); }

}  // namespace smear
