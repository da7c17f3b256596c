// SPDX-License-Identifier: Apache-2.0
#include "train/data-set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "codec/codec.h"
#include "config/diagnostics.h"
#include "run/display-path.h"
#include "run/source.h"

namespace smear {
namespace {

namespace fs = std::filesystem;

/// The folder as an absolute path, so that "." has a name; links keep theirs.
fs::path named(const fs::path& folder) {
  auto path = fs::absolute(folder).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

struct Found {
  std::string path;    ///< as the user knows it
  std::string reason;  ///< of what could not be looked into
};

/// Files by their absolute path. Where folders overlap, a file goes by its shortest name.
std::map<fs::path, Found> found_in(const std::vector<fs::path>& folders,
                                   const InputSettings& input) {
  std::map<fs::path, Found> result;
  const auto add = [&](const fs::path& folder, const std::string& relative, std::string reason) {
    const auto path = (folder / relative).lexically_normal().generic_string();
    const auto [it, added] =
        result.emplace((named(folder) / relative).lexically_normal(), Found{path, reason});
    auto& known = it->second.path;
    if (std::pair(path.size(), path) < std::pair(known.size(), known)) known = path;
  };
  for (const auto& folder : folders) {
    std::error_code error;
    if (!fs::is_directory(folder, error))
      throw ConfigError(fmt::format("--data takes a folder, {} is {}", display(folder.string()),
                                    fs::exists(folder, error) ? "none" : "not there"));
    const auto list = find_files(folder, "", input);
    for (const auto& file : list.files) add(folder, file, "");
    for (const auto& [path, reason] : list.unreadable) add(folder, path, reason);
  }
  return result;
}

/// Images of a class, folder after folder; `block` is set.
std::vector<DataImage> listed(const std::map<fs::path, Found>& found, std::int64_t block) {
  std::vector<DataImage> images;
  std::map<fs::path, std::size_t> in_folder;
  std::map<std::pair<fs::path, std::size_t>, std::size_t> blocks;
  for (const auto& [file, how] : found) {
    const auto folder = file.parent_path();
    const auto number = in_folder[folder]++ / static_cast<std::size_t>(block);
    DataImage image;
    image.path = how.path;
    image.class_name = folder.filename().string();
    image.file = file;
    image.reason = how.reason;
    image.block = blocks.emplace(std::pair(folder, number), blocks.size()).first->second;
    images.push_back(std::move(image));
  }
  std::ranges::stable_sort(images, {}, &DataImage::class_name);
  return images;
}

/// Keeps so many images of each class, drawn in whole blocks by the seed.
void thin_out(std::vector<DataImage>& images, std::int64_t most, std::uint64_t seed) {
  std::map<std::size_t, std::string> rank;  // of a block, by its first image's name
  for (const auto& image : images)
    if (!rank.contains(image.block))
      rank[image.block] = content_hash(
          fmt::format("{}:{}/{}", seed, image.class_name, image.file.filename().string()));
  std::vector<std::size_t> order(images.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    return std::pair(std::string_view(images[i].class_name),
                     std::string_view(rank.at(images[i].block)));
  });
  std::map<std::string, std::int64_t> taken;
  std::vector<bool> keep(images.size());
  for (const auto i : order) keep[i] = taken[images[i].class_name]++ < most;
  std::vector<DataImage> kept;
  for (std::size_t i = 0; i < images.size(); ++i)
    if (keep[i]) kept.push_back(std::move(images[i]));
  images = std::move(kept);
}

std::string pixel_hash(const Image& image) {
  const cv::Mat pixels = image.pixels().isContinuous() ? image.pixels() : image.pixels().clone();
  const std::string_view bytes(reinterpret_cast<const char*>(pixels.data),
                               pixels.total() * pixels.elemSize());
  return content_hash(fmt::format("{} {}x{} {}", name_of(image.type()), image.width(),
                                  image.height(), content_hash(bytes)));
}

}  // namespace

DataSet::DataSet(const std::vector<fs::path>& folders, const DataSettings& settings,
                 std::uint64_t seed, int threads,
                 const std::function<void(std::int64_t, std::int64_t)>& reading)
    : images_(listed(found_in(folders, settings.input), settings.block)),
      max_pixels_(settings.input.max_pixels),
      holds_out_(settings.validation > 0.0) {
  if (images_.empty()) {
    std::vector<std::string> names;
    for (const auto& folder : folders) names.push_back(display(folder.string()));
    throw ConfigError(fmt::format("no file under {} matches {}", fmt::join(names, ", "),
                                  fmt::join(settings.input.include, ", ")));
  }
  set_classes(settings);
  if (settings.max_images > 0) thin_out(images_, settings.max_images, seed);
  read_all(threads, reading);
  split_images(images_, trained_, settings.validation, seed);
  set_items();
}

void DataSet::set_classes(const DataSettings& settings) {
  std::set<std::string> there;
  for (const auto& image : images_) there.insert(image.class_name);
  // They are keys in the model's file, which is JSON.
  for (const auto& name : there)
    if (display(name) != name)
      throw ConfigError(fmt::format(
          "the folder {} has a name that is not valid UTF-8 or has control characters, and a class "
          "must have one: rename it",
          display(name)));
  const std::vector<std::string> names(there.begin(), there.end());
  classes_ = settings.classes;
  for (const auto& wanted : settings.classes) {
    if (there.erase(wanted) > 0) continue;
    const auto hint = did_you_mean(wanted, names);
    throw ConfigError(fmt::format(
        "no image of class '{}' was found{}; a class is the name of the folder that holds the "
        "images, and those found are {}",
        wanted, hint.empty() ? "" : " (" + hint + ")",
        display(fmt::format("{}", fmt::join(names, ", ")))));
  }
  classes_.insert(classes_.end(), there.begin(), there.end());
  trained_ = settings.classes.empty() ? classes_ : settings.classes;
}

void DataSet::read_all(int threads,
                       const std::function<void(std::int64_t, std::int64_t)>& reading) {
  std::mutex mutex;
  std::int64_t done = 0;
  const int most = tbb::this_task_arena::max_concurrency();
  tbb::task_arena arena(threads > 0 ? std::min(threads, most) : most);
  arena.execute([&] {
    // One image a task: an image takes milliseconds, and large ones must not queue up behind
    // each other.
    tbb::parallel_for(
        std::size_t{0}, images_.size(),
        [&](std::size_t i) {
          auto& image = images_[i];
          if (image.usable()) try {
              image.pixels = pixel_hash(codec::read_image(image.file, {.max_pixels = max_pixels_}));
            } catch (const SampleError& e) {
              image.reason = e.what();
            }
          const std::lock_guard lock(mutex);
          reading(++done, std::ssize(images_));
        },
        tbb::simple_partitioner());
  });
}

void DataSet::set_items() {
  for (std::size_t i = 0; i < images_.size(); ++i)
    if (images_[i].usable()) image_of_.push_back(i);
  // By nothing that moving the folders changes: a training's order and noise go by the position.
  std::ranges::stable_sort(image_of_, {}, [&](std::size_t i) {
    return std::tuple(images_[i].class_name, images_[i].file.filename().string(),
                      images_[i].pixels);
  });
  bool any = false;
  for (const auto i : image_of_) {
    items_.push_back({images_[i].path, images_[i].class_name, images_[i].part});
    any = any || images_[i].part == Part::training;
  }
  if (any) return;
  const auto bad = std::ranges::find_if(images_, [&](const auto& image) {
    return !image.usable() && std::ranges::find(trained_, image.class_name) != trained_.end();
  });
  throw ConfigError(fmt::format(
      "no image of {} can be read, so there is nothing to train on{}",
      display(fmt::format("{}", fmt::join(trained_, ", "))),
      bad == images_.end() ? ""
                           : fmt::format("; {}: {}", display(bad->path), display(bad->reason))));
}

// Decoded anew: it costs a millisecond or two an image, once a training, while keeping all pixels
// from the first time would take the memory that the limits of the kinds are for.
Image DataSet::read(std::size_t i) const {
  return codec::read_image(images_[image_of_.at(i)].file, {.max_pixels = max_pixels_});
}

std::vector<ClassCounts> DataSet::counts() const {
  std::vector<ClassCounts> result;
  for (const auto& name : classes_) {
    ClassCounts counts{.class_name = name};
    for (const auto& image : images_) {
      if (image.class_name != name) continue;
      if (!image.usable())
        ++counts.left_out;
      else if (image.part == Part::training)
        ++counts.training;
      else if (image.part == Part::validation)
        ++counts.validation;
      else
        ++counts.reference;
    }
    result.push_back(std::move(counts));
  }
  return result;
}

std::vector<std::string> DataSet::notes() const {
  constexpr std::size_t most = 5;
  std::vector<std::string> notes;
  std::size_t bad = 0;
  std::size_t copies = 0;
  const DataImage* two_classes = nullptr;
  std::map<std::string, const DataImage*> first;
  for (const auto& image : images_) {
    if (!image.usable()) {
      if (++bad <= most)
        notes.push_back(
            fmt::format("left out: {}: {}", display(image.path), display(image.reason)));
      continue;
    }
    const auto [it, added] = first.emplace(image.pixels, &image);
    if (added) continue;
    ++copies;
    if (it->second->class_name != image.class_name) two_classes = &image;
  }
  if (bad > most) notes.push_back(fmt::format("left out: {} more; split.csv has all", bad - most));
  if (copies > 0)
    notes.push_back(
        fmt::format("{} of {} images are exact copies of others; copies stay on one "
                    "side of the split",
                    copies, items_.size()));
  if (two_classes != nullptr)
    notes.push_back(fmt::format("the same image lies in two classes: {} and {}",
                                display(two_classes->duplicate_of), display(two_classes->path)));
  const bool held =
      std::ranges::any_of(items_, [](const Item& item) { return item.part == Part::validation; });
  if (holds_out_ && !held)
    notes.push_back("there are too few images to hold any out: nothing is validated");
  return notes;
}

}  // namespace smear
