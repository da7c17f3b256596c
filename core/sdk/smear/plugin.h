// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <opencv2/core/version.hpp>
#include <string_view>
#include <type_traits>

#include "smear/configurable.h"
#include "smear/export.h"
#include "smear/model-kind.h"
#include "smear/stage.h"

// The API that a plugin is built for. Another epoch is another, incompatible SDK. A minor adds to
// it without changing the layout or the virtual functions of what was there, so a plugin works with
// its own minor and every later one of its epoch.
#define SMEAR_API_EPOCH 2
#define SMEAR_API_MINOR 0

#define SMEAR_STRINGIFY_ARGUMENT(x) #x
#define SMEAR_STRINGIFY(x) SMEAR_STRINGIFY_ARGUMENT(x)

#if defined(__clang__)
#define SMEAR_COMPILER_IDENTITY "clang " SMEAR_STRINGIFY(__clang_major__)
#else
#define SMEAR_COMPILER_IDENTITY "gcc " SMEAR_STRINGIFY(__GNUC__)
#endif

#if defined(_GLIBCXX_DEBUG)
#define SMEAR_LIBRARY_MODE " debug mode"
#elif defined(_GLIBCXX_USE_CXX11_ABI) && _GLIBCXX_USE_CXX11_ABI
#define SMEAR_LIBRARY_MODE " C++11 strings"
#else
#define SMEAR_LIBRARY_MODE " old strings"
#endif

#if defined(_GLIBCXX_RELEASE)
#define SMEAR_LIBRARY_IDENTITY "libstdc++ " SMEAR_STRINGIFY(_GLIBCXX_RELEASE) SMEAR_LIBRARY_MODE
#else
#define SMEAR_LIBRARY_IDENTITY "libc++ " SMEAR_STRINGIFY(_LIBCPP_VERSION)
#endif

/// Everything that decides whether objects of the SDK's classes can be handed to and fro.
#define SMEAR_BUILD_IDENTITY                                                   \
  SMEAR_COMPILER_IDENTITY                                                      \
  ", " SMEAR_LIBRARY_IDENTITY                                                  \
  ", C++ ABI " SMEAR_STRINGIFY(__GXX_ABI_VERSION) ", OpenCV " SMEAR_STRINGIFY( \
      CV_VERSION_MAJOR) "." SMEAR_STRINGIFY(CV_VERSION_MINOR)

// reparameterization.h sets it to LibTorch's version.
#ifndef SMEAR_TORCH_VERSION
#define SMEAR_TORCH_VERSION ""
#endif

namespace smear {

/// What a reparameterization is called and what its reference page says.
struct ReparameterizationInfo {
  std::string_view name;       ///< lower-case with dashes
  std::string_view summary;    ///< one sentence
  std::string_view details;    ///< the formula, in Markdown
  std::string_view reference;  ///< the paper that defines it, where there is one
};

/// Makes a reparameterization with its defaults. What it makes is a `Reparameterization` (see
/// reparameterization.h); the program lists it and reads its options without LibTorch.
using ReparameterizationFactory = std::function<std::unique_ptr<Configurable>()>;

/// Makes a kind of model, with the defaults of its training options.
using ModelKindFactory = std::function<std::unique_ptr<ModelKind>()>;

/// Where a plugin puts what it brings. What it adds is kept only when its register function
/// returns: one that throws adds nothing.
class SMEAR_SDK_API PluginRegistrar : public StageRegistrar {
 public:
  ~PluginRegistrar() override;

  /// Throws `PluginError` for a name that is taken already, or that is not lower-case with dashes.
  virtual void add_reparameterization(const ReparameterizationInfo& info,
                                      ReparameterizationFactory factory) = 0;

  /// Throws `PluginError` as `add_reparameterization` does.
  virtual void add_model_kind(const ModelKindInfo& info, ModelKindFactory factory) = 0;

  /// `T` is a `Reparameterization` with a `static constexpr ReparameterizationInfo info`.
  template <typename T>
  void add_reparameterization() {
    static_assert(std::is_base_of_v<Configurable, T>);
    add_reparameterization(T::info, [] { return std::make_unique<T>(); });
  }

  /// `T` is a `ModelKind` with a `static constexpr ModelKindInfo info`.
  template <typename T>
  void add_model_kind() {
    add_model_kind(T::info, [] { return std::make_unique<T>(); });
  }
};

/// What a plugin says of itself: the one symbol that a plugin exports, `smear_plugin_descriptor`.
///
/// Plain data, so that the program can read it before it knows that anything else of the library
/// can be trusted. The first three members stay where they are in every epoch.
struct PluginDescriptor {
  std::uint32_t struct_size;
  std::uint32_t api_epoch;
  std::uint32_t api_minor;
  const char* build_identity;
  const char* name;           ///< lower-case with dashes
  const char* version;        ///< "1.0.2"
  const char* licence;        ///< an SPDX expression, such as "Apache-2.0"
  const char* torch_version;  ///< of the LibTorch it was built against; empty where it uses none
  void (*register_plugin)(PluginRegistrar&);
};

}  // namespace smear

/// Makes the library a plugin. Stands once in it, at namespace scope.
/// `register_function` is `void f(smear::PluginRegistrar&)`.
#define SMEAR_PLUGIN(plugin_name, plugin_version, plugin_licence, register_function)            \
  extern "C" SMEAR_SDK_API const ::smear::PluginDescriptor smear_plugin_descriptor;             \
  const ::smear::PluginDescriptor smear_plugin_descriptor = {sizeof(::smear::PluginDescriptor), \
                                                             SMEAR_API_EPOCH,                   \
                                                             SMEAR_API_MINOR,                   \
                                                             SMEAR_BUILD_IDENTITY,              \
                                                             plugin_name,                       \
                                                             plugin_version,                    \
                                                             plugin_licence,                    \
                                                             SMEAR_TORCH_VERSION,               \
                                                             register_function}
