// SPDX-License-Identifier: Apache-2.0
#include "imagej/session-stage.h"

#include <filesystem>
#include <functional>
#include <new>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "imagej/session-state.h"
#include "run/name-template.h"

namespace smear {
namespace {

// The name inside OUT that a path of a macro means. What a macro would save beside its images goes
// to OUT as well: the input is never written to.
std::string inside_out(const std::string& path) {
  for (const auto root : {RunHost::output_root, RunHost::input_root})
    if (path.starts_with(root)) {
      const auto begin = path.find_first_not_of('/', root.size());
      return begin == std::string::npos ? "" : path.substr(begin);
    }
  if (!path.starts_with('/')) return path;
  throw SampleError(
      fmt::format("the macro saves to {}, which is not inside the output folder; build the path "
                  "from the output "
                  "folder of the run",
                  path));
}

// Does `work`, and says what libraries throw as an error of the image: others may have none.
void translating_errors(const std::function<void()>& work) {
  constexpr const char* no_memory =
      "there is not enough memory for this step on this image; give smaller numbers, select a "
      "smaller area or make the image smaller before";
  try {
    work();
  } catch (const cv::Exception& e) {
    if (e.code == cv::Error::StsNoMem) throw SampleError(no_memory);
    throw SampleError(
        fmt::format("this step cannot work on this image as it is now; look at its size and type, "
                    "its selection and the step's numbers (OpenCV says in {}: {})",
                    e.func, e.err));
  } catch (const std::bad_alloc&) {
    throw SampleError(no_memory);
  } catch (const std::length_error&) {
    throw SampleError(no_memory);
  }
}

}  // namespace

void SessionStage::use_session(OptionSpec& spec) {
  spec.input(imagej::session_slot, SlotType::state)
      .help("ImageJ's state: images, table, selections.");
  spec.output(imagej::session_slot, SlotType::state);
}

void SessionStage::process(Sample& sample, const RunContext& run) const {
  auto state = std::dynamic_pointer_cast<const imagej::SessionState>(
      sample.take_state(imagej::session_slot));
  if (!state) throw SampleError("slot 'imagej' does not hold ImageJ's state");
  // Alone with it: nobody sees that it changes. Else a copy, whose pixels are shared until written.
  auto own = state.use_count() == 1 ? std::const_pointer_cast<imagej::SessionState>(state)
                                    : std::make_shared<imagej::SessionState>(*state);
  state.reset();
  try {
    translating_errors([&] { work(own->session, sample, run); });
  } catch (const SampleError& e) {
    const std::string what = e.what();
    // What macro code says has its place.
    if (origin_.place.line == 0 || what.starts_with(origin_.file + ":")) throw;
    throw SampleError(Diagnostic{origin_.file, origin_.place, what, ""}.headline());
  }
  sample.set(imagej::session_slot, std::shared_ptr<const State>(std::move(own)));
}

imagej::MacroContext macro_context(const Sample& sample) {
  const std::filesystem::path path = sample.id().path;
  const auto folder = path.has_parent_path() ? path.parent_path().string() + "/" : "";
  return {.name = path.filename().string(),
          .stem = path.stem().string(),
          .input_directory = std::string(RunHost::input_root) + folder,
          .output_directory = std::string(RunHost::output_root) + folder};
}

std::string RunHost::place(const std::string& name_template) {
  auto name = expand(name_template, sample_.id());
  templates_[name] = name_template;
  return name;
}

void RunHost::save(const std::string& path,
                   const std::function<void(const std::filesystem::path&)>& write) {
  const auto name = std::filesystem::path(inside_out(path)).lexically_normal().string();
  const auto known = templates_.find(name);
  if (known == templates_.end() && name.find('{') != std::string::npos)
    throw SampleError(fmt::format("a file name with a brace cannot be written: {}", name));
  run_.outputs().save(sample_, known == templates_.end() ? name : known->second, write);
}

std::filesystem::path RunHost::locate(const std::string& path) {
  const auto file = path.starts_with(input_root) ? input_folder_ / path.substr(input_root.size())
                                                 : std::filesystem::path(path);
  std::error_code error;
  if (!file.is_absolute() || !std::filesystem::is_regular_file(file, error))
    throw SampleError(fmt::format(
        "there is no file {}; files beside an image are found by Input.directory", file.string()));
  return file;
}

void RunHost::print(const std::string& line) {
  if (log_.empty()) throw SampleError("lines are printed here, and nothing says where they go");
  run_.outputs().append_piece(sample_, log_, "text", around_, line + "\n");
}

}  // namespace smear
