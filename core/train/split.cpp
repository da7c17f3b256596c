// SPDX-License-Identifier: Apache-2.0
#include "train/split.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "config/pipeline.h"
#include "run/csv.h"
#include "run/display-path.h"

namespace smear {
namespace {

/// Sets that grow together (union-find); the smallest index stands for its set.
class Sets {
 public:
  explicit Sets(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t find(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) {
    a = find(a);
    b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

struct Group {
  std::vector<std::size_t> images;
  std::string rank;  ///< its place in the draw
};

void mark_duplicates(std::vector<DataImage>& images) {
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!images[i].usable()) continue;
    const auto [it, added] = first.emplace(images[i].pixels, i);
    images[i].duplicate_of = added ? "" : images[it->second].path;
  }
}

/// Groups in the order of their first images.
std::vector<Group> groups_of(const std::vector<DataImage>& images,
                             const std::vector<bool>& is_trained, std::uint64_t seed) {
  Sets sets(images.size());
  std::map<std::string, std::size_t> by_pixels;
  std::map<std::size_t, std::size_t> by_block;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!is_trained[i]) continue;
    sets.join(i, by_pixels.emplace(images[i].pixels, i).first->second);
    sets.join(i, by_block.emplace(images[i].block, i).first->second);
  }
  std::map<std::size_t, Group> groups;
  for (std::size_t i = 0; i < images.size(); ++i)
    if (is_trained[i]) groups[sets.find(i)].images.push_back(i);
  std::vector<Group> result;
  for (auto& [first, group] : groups) {
    const auto smallest = *std::ranges::min_element(
        group.images, {}, [&](std::size_t i) { return images[i].pixels; });
    group.rank = content_hash(fmt::format("{}:{}", seed, images[smallest].pixels));
    result.push_back(std::move(group));
  }
  return result;
}

/// Which of a class's groups are held out: those that fit in the order of the draw, and one more
/// where that comes nearer to the wanted number.
std::vector<const Group*> held_out(std::vector<const Group*> groups, double validation) {
  std::ranges::sort(groups, {}, [](const Group* group) { return std::string_view(group->rank); });
  std::int64_t all = 0;
  for (const Group* group : groups) all += std::ssize(group->images);
  const auto wanted =
      static_cast<std::int64_t>(std::llround(validation * static_cast<double>(all)));
  std::int64_t taken = 0;
  std::vector<const Group*> held;
  std::vector<const Group*> left;
  for (const Group* group : groups) {
    const bool fits = taken + std::ssize(group->images) <= wanted;
    (fits ? held : left).push_back(group);
    if (fits) taken += std::ssize(group->images);
  }
  if (left.size() > 1) {
    const auto smallest =
        std::ranges::min_element(left, {}, [](const Group* group) { return group->images.size(); });
    if (taken + std::ssize((*smallest)->images) - wanted < wanted - taken)
      held.push_back(*smallest);
  } else if (left.empty() && !held.empty()) {
    held.pop_back();  // something must be left to train on
  }
  return held;
}

/// An image of a split as it is compared: its name within its class, its pixels and its part.
struct Entry {
  std::string name;
  std::string pixels;
  std::string part;
  auto operator<=>(const Entry&) const = default;
};

std::string name_in_class(const std::string& class_name, std::string_view path) {
  return class_name + "/" + std::string(path.substr(path.rfind('/') + 1));
}

std::vector<Entry> entries_of(std::string_view table) {
  std::vector<Entry> result;
  take_csv_record(table);  // the head
  while (!table.empty()) {
    const auto fields = take_csv_record(table);
    if (fields.size() >= 6)
      result.push_back({name_in_class(csv_text(fields[1]), csv_text(fields[0])),
                        csv_text(fields[5]), csv_text(fields[2])});
  }
  std::ranges::sort(result);
  return result;
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  if (names.size() <= most) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + most, ", "),
                     names.size() - most);
}

std::string counted(const std::vector<std::string>& names, std::string_view one,
                    std::string_view more) {
  return fmt::format("{} image{} ({})", names.size(), names.size() == 1 ? one : more,
                     some_of(names));
}

}  // namespace

void split_images(std::vector<DataImage>& images, const std::vector<std::string>& trained,
                  double validation, std::uint64_t seed) {
  mark_duplicates(images);
  std::vector<bool> is_trained;
  for (auto& image : images) {
    is_trained.push_back(image.usable() &&
                         std::ranges::find(trained, image.class_name) != trained.end());
    image.part = is_trained.back() ? TrainingData::Part::training : TrainingData::Part::reference;
    image.group = 0;
  }
  const auto groups = groups_of(images, is_trained, seed);
  std::map<std::string, std::vector<const Group*>> by_class;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const auto image : groups[i].images) images[image].group = i + 1;
    // A group with images of two classes counts for that of its first image.
    by_class[images[groups[i].images.front()].class_name].push_back(&groups[i]);
  }
  for (const auto& [name, of_class] : by_class)
    for (const Group* group : held_out(of_class, validation))
      for (const auto image : group->images) images[image].part = TrainingData::Part::validation;
}

std::string_view part_of(const DataImage& image) {
  if (!image.usable()) return "left out";
  switch (image.part) {
    case TrainingData::Part::training: return "training";
    case TrainingData::Part::validation: return "validation";
    case TrainingData::Part::reference: return "reference";
  }
  return "reference";
}

std::string split_table(const std::vector<DataImage>& images) {
  std::string text = "image,class,part,group,duplicate_of,pixels,reason\n";
  for (const auto& image : images)
    text += fmt::format("{},{},{},{},{},{},{}\n", csv_field(display(image.path)),
                        csv_field(display(image.class_name)), part_of(image),
                        image.group == 0 ? "" : std::to_string(image.group),
                        csv_field(display(image.duplicate_of)), image.pixels,
                        csv_field(display(image.reason)));
  return text;
}

std::string split_hash(const std::vector<DataImage>& images) {
  std::string text;
  for (const auto& entry : entries_of(split_table(images)))
    text += fmt::format("{}\n{}\n{}\n", entry.name, entry.pixels, entry.part);
  return content_hash(text);
}

std::vector<std::string> split_differences(std::string_view earlier_table,
                                           const std::vector<DataImage>& images) {
  const auto before = entries_of(earlier_table);
  const auto now = entries_of(split_table(images));
  std::vector<Entry> gone;
  std::vector<Entry> come;
  std::ranges::set_difference(before, now, std::back_inserter(gone));
  std::ranges::set_difference(now, before, std::back_inserter(come));
  std::vector<std::string> missing;
  std::vector<std::string> changed;
  std::vector<std::string> moved;
  for (const auto& old : gone) {
    const auto same = std::ranges::find(come, old.name, &Entry::name);
    if (same == come.end()) {
      missing.push_back(old.name);
      continue;
    }
    (same->pixels == old.pixels ? moved : changed).push_back(old.name);
    come.erase(same);
  }
  std::vector<std::string> added;
  for (const auto& entry : come) added.push_back(entry.name);
  std::vector<std::string> facts;
  if (!missing.empty()) facts.push_back(counted(missing, " is gone", "s are gone"));
  if (!added.empty()) facts.push_back(counted(added, " is new", "s are new"));
  if (!changed.empty()) facts.push_back(counted(changed, " has changed", "s have changed"));
  if (!moved.empty())
    facts.push_back(counted(moved, " falls into another part", "s fall into other parts") +
                    ", as the config's classes, validation or block have changed");
  return facts;
}

}  // namespace smear
