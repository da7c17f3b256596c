// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// What a fuzz target does with one input: it may throw `smear::Error`, and nothing else.
void fuzz_one(std::span<const std::byte> input);
