// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagej/session.h"

namespace smear::imagej {

/// For code that is run where there is no image and no run: what it saves and prints is dropped.
class NoHost final : public Host {
 public:
  void save(const std::string&, const std::function<void(const std::filesystem::path&)>&) override {
  }
  std::filesystem::path locate(const std::string& path) override { return path; }
  void print(const std::string&) override {}
};

}  // namespace smear::imagej
