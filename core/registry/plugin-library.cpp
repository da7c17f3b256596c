// SPDX-License-Identifier: Apache-2.0
#include "registry/plugin-library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#define BOOST_DLL_USE_STD_FS
#include <algorithm>
#include <boost/core/demangle.hpp>
#include <boost/dll/shared_library.hpp>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "registry/registry.h"

namespace smear {
namespace {

constexpr const char* entry_symbol = "smear_plugin_descriptor";

/// The dynamic linker's own words in Boost's message, without the library's path.
std::string linker_message(std::string text, const std::filesystem::path& library) {
  constexpr std::string_view before = "dlerror system message: ";
  if (const auto at = text.find(before); at != std::string::npos) {
    text.erase(0, at + before.size());
    if (const auto end = text.rfind("): "); end != std::string::npos) text.erase(end);
  }
  if (const auto path = library.string() + ": "; text.starts_with(path)) text.erase(0, path.size());
  constexpr std::string_view undefined = "undefined symbol: ";
  if (!text.starts_with(undefined)) return text;
  const std::string symbol = text.substr(undefined.size());
  return fmt::format(
      "undefined symbol: {}; rebuild it against this Smearkit, linking all that it "
      "uses",
      boost::core::demangle(symbol.c_str()));
}

// A BLAS starts threads of its own when it is loaded, and work that is spread over images already
// then waits for them at every small product: a training on images of 64 px ran at a fourteenth of
// its speed. Who sets the variables is heeded.
void keep_blas_to_one_thread() {
  constexpr auto openblas = "OPENBLAS_NUM_THREADS";
  const bool chosen = std::getenv(openblas) != nullptr;
  // One that comes along with a plugin reads them when it is loaded.
  for (const char* variable : {openblas, "MKL_NUM_THREADS", "BLIS_NUM_THREADS"})
    ::setenv(variable, "1", /*overwrite=*/0);
  // LAPACK, which the program itself is linked to, may have brought OpenBLAS along at the start.
  using SetThreads = void (*)(int);
  if (void* symbol = ::dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
      symbol != nullptr && !chosen)
    reinterpret_cast<SetThreads>(symbol)(1);
}

boost::dll::shared_library open_library(const std::filesystem::path& path) {
  namespace load_mode = boost::dll::load_mode;
  keep_blas_to_one_thread();
  // Boost's default is to resolve symbols lazily, so that a missing one would end the program in
  // the middle of a run. Objects whose code is the plugin's live as long as the program, hence no
  // unloading: not at the end either, when the order of destructors would matter.
  const auto mode =
      load_mode::rtld_now | load_mode::rtld_local | static_cast<load_mode::type>(RTLD_NODELETE);
  const auto absolute = std::filesystem::absolute(path);
  try {
    return boost::dll::shared_library(absolute, mode);
  } catch (const std::exception& error) {
    throw PluginError("cannot be opened: " + linker_message(error.what(), absolute));
  }
}

void check_text(const char* text, std::string_view what) {
  if (text == nullptr) throw PluginError(fmt::format("its descriptor has no {}", what));
}

void check_descriptor(const PluginDescriptor& descriptor) {
  constexpr auto fixed_part = offsetof(PluginDescriptor, api_minor) + sizeof(std::uint32_t);
  const bool readable = descriptor.struct_size >= fixed_part;
  if (readable &&
      (descriptor.api_epoch != SMEAR_API_EPOCH || descriptor.api_minor > SMEAR_API_MINOR))
    throw PluginError(*mismatch(descriptor.api_epoch, descriptor.api_minor, ""));
  if (descriptor.struct_size != sizeof(PluginDescriptor))
    throw PluginError(
        fmt::format("its descriptor has {} bytes, this smear expects {}; rebuild it against this "
                    "Smearkit",
                    descriptor.struct_size, sizeof(PluginDescriptor)));
  check_text(descriptor.build_identity, "build identity");
  if (auto reason = mismatch(descriptor.api_epoch, descriptor.api_minor, descriptor.build_identity))
    throw PluginError(*reason);
  check_text(descriptor.name, "name");
  check_text(descriptor.version, "version");
  check_text(descriptor.licence, "licence");
  check_text(descriptor.torch_version, "LibTorch version");
  if (!is_stage_name(descriptor.name))
    throw PluginError(
        fmt::format("'{}' is no plugin name: use lower-case letters, digits and "
                    "dashes",
                    descriptor.name));
  if (descriptor.register_plugin == nullptr)
    throw PluginError("its descriptor has no register function");
}

/// Keeps what is registered until all of it is known to be right.
class Collector final : public PluginRegistrar {
 public:
  void add(const StageInfo& info, StageFactory factory) override {
    check("stage", info.name, contents.stages);
    contents.stages.emplace_back(info, std::move(factory));
  }

  void add_reparameterization(const ReparameterizationInfo& info,
                              ReparameterizationFactory factory) override {
    check("reparameterization", info.name, contents.reparameterizations);
    contents.reparameterizations.emplace_back(info, std::move(factory));
  }

  void add_model_kind(const ModelKindInfo& info, ModelKindFactory factory) override {
    check("model kind", info.name, contents.model_kinds);
    contents.model_kinds.emplace_back(info, std::move(factory));
  }

  PluginContents contents;

 private:
  template <typename Items>
  static void check(std::string_view kind, std::string_view name, const Items& items) {
    if (!is_stage_name(name))
      throw PluginError(fmt::format(
          "'{}' is no {} name: use lower-case letters, digits, dashes and dots", name, kind));
    if (std::ranges::any_of(items, [&](const auto& item) { return item.first.name == name; }))
      throw PluginError(fmt::format("{} '{}' is registered twice", kind, name));
  }
};

std::string_view name_of(OptionKind kind) {
  switch (kind) {
    case OptionKind::boolean: return "boolean";
    case OptionKind::integer: return "integer";
    case OptionKind::real: return "real";
    case OptionKind::text: return "text";
    case OptionKind::choice: return "choice";
    case OptionKind::reals: return "reals";
    case OptionKind::texts: return "texts";
    case OptionKind::file: return "file";
    case OptionKind::output: return "output";
    case OptionKind::run_file: return "run_file";
    case OptionKind::slot: return "slot";
    case OptionKind::model: return "model";
    case OptionKind::reparameterization: return "reparameterization";
  }
  return "text";
}

template <typename Info, typename Factory>
PluginItem item_of(const Info& info, const Factory& factory) {
  const auto made = factory();
  if (made == nullptr)
    throw PluginError(fmt::format("its factory of '{}' makes nothing", info.name));
  OptionSpec spec;
  made->describe(spec);
  PluginItem item{std::string(info.name), std::string(info.summary), {}, {}};
  for (const auto& option : spec.options())
    item.options.push_back({option.name, std::string(name_of(option.kind)),
                            option.required ? "" : to_string(option.default_value), option.unit,
                            option.help});
  return item;
}

}  // namespace

PluginLibrary::PluginLibrary(const std::filesystem::path& path) {
  const auto library = open_library(path);
  if (!library.has(entry_symbol))
    throw PluginError(fmt::format(
        "no Smearkit plugin: it has no symbol {} (SMEAR_PLUGIN defines it)", entry_symbol));
  descriptor_ = &library.get<const PluginDescriptor>(entry_symbol);
  check_descriptor(*descriptor_);
}

PluginContents PluginLibrary::contents() const {
  Collector collector;
  try {
    descriptor_->register_plugin(collector);
  } catch (const std::exception& error) {
    throw PluginError(fmt::format("failed while registering: {}", error.what()));
  } catch (...) {
    throw PluginError("failed while registering: it threw something that is no std::exception");
  }
  return std::move(collector.contents);
}

PluginManifest manifest_of(const PluginDescriptor& descriptor, const PluginContents& contents) {
  PluginManifest manifest{.name = descriptor.name,
                          .version = descriptor.version,
                          .licence = descriptor.licence,
                          .api_epoch = descriptor.api_epoch,
                          .api_minor = descriptor.api_minor,
                          .build_identity = descriptor.build_identity,
                          .torch_version = descriptor.torch_version,
                          .stages = {},
                          .reparameterizations = {},
                          .model_kinds = {}};
  try {
    for (const auto& [info, factory] : contents.stages) {
      manifest.stages.push_back(item_of(info, factory));
      manifest.stages.back().category = smear::name_of(info.category);
    }
    for (const auto& [info, factory] : contents.reparameterizations)
      manifest.reparameterizations.push_back(item_of(info, factory));
    for (const auto& [info, factory] : contents.model_kinds)
      manifest.model_kinds.push_back(item_of(info, factory));
  } catch (const std::exception& error) {
    throw PluginError(fmt::format("failed while describing its options: {}", error.what()));
  }
  return manifest;
}

}  // namespace smear
