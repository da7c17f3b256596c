// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "imagej/image-plus.h"
#include "imagej/measurements.h"
#include "imagej/preferences.h"
#include "imagej/results-table.h"
#include "smear/errors.h"

namespace smear::imagej {

/// What the ROI Manager holds.
struct RoiManager {
  std::vector<Roi> rois;              ///< in list order; each has its list label as its name
  std::vector<std::size_t> selected;  ///< indices; empty: commands act on all
  bool show_all = false;
  bool labels = false;  ///< Show All with labels; Analyze Particles with `add` switches it on
};

/// How Add Selection... was called last, of which ImageJ makes its defaults.
enum class AddedSelection {
  none,
  plain,  ///< without options
  thin,   ///< with lines of width 0
  wide,   ///< with wider ones
};

/// A table window that is neither Results nor Summary: one that got another title.
struct TableWindow {
  std::string title;
  ResultsTable table;
};

/// A value of the macro language: number, string or array.
struct MacroValue {
  std::variant<double, std::string, std::vector<MacroValue>> value = 0.0;
};

/// Where commands put what leaves the session: files, and text for a person.
class Host {
 public:
  virtual ~Host() = default;
  /// A file: `path` as the macro gave it. `write` gets the place to write to, whose extension is
  /// that of `path`. Throws `SampleError` or `RunError`.
  virtual void save(const std::string& path,
                    const std::function<void(const std::filesystem::path&)>& write) = 0;
  /// A file to read: where `path`, as the macro gave it, is. Throws `SampleError` where there is
  /// none.
  virtual std::filesystem::path locate(const std::string& path) = 0;
  /// A line of `print`, without its line feed.
  virtual void print(const std::string& line) = 0;
};

/// ImageJ while one image goes through a macro: all state that its commands share.
///
/// A value; copies share pixels. Commands find images by `active`, `by_title` and `by_id`, and add
/// those that they open by `open`.
class Session {
 public:
  Preferences preferences;
  MeasurementSettings measurements;
  ResultsTable results;
  ResultsTable summary;             ///< the "Summary" window
  std::vector<TableWindow> tables;  ///< renamed ones: saving a table renames it to its file
  /// The text window in front, which saveAs("Results") and run("Close") mean: "Results", "Summary",
  /// "Log" or a title in `tables`. Empty: an image, or nothing.
  std::string front;
  /// Whether it depends on the user's windows that `front` is in front: an image was opened or
  /// closed since, which is a window unless ImageJ is in batch mode.
  bool front_unclear = false;
  bool results_shown = false;     ///< whether there is a Results window
  std::size_t results_lines = 0;  ///< rows that it shows: those of setResult only once updated
  RoiManager roi_manager;
  std::uint32_t foreground = 0xffffffff;  ///< ARGB: white
  std::uint32_t background = 0xff000000;  ///< black
  int line_width = 1;                     ///< of Draw, in pixels
  /// What the functions drawLine, fillRect and their like draw with.
  struct Drawing {
    std::optional<double> value;          ///< of setColor(value)
    std::optional<std::uint32_t> colour;  ///< of setColor(red, green, blue): ARGB
    bool forgotten = false;  ///< by setForegroundColor, which holds from the next command on
    int width = 1;           ///< of lines, in pixels
    int image = 0;           ///< id of the one that was active at setColor; 0: none was
  };
  Drawing drawing;
  /// What Restore Selection selects: the selection that an image had when it was no longer active,
  /// or that was removed.
  std::optional<Roi> previous_roi;
  /// How many rows Results had behind Summarize: while it has, the last four are its.
  std::size_t summarized = 0;
  /// How many rows Results had behind Find Maxima... with List or Count.
  std::size_t maxima_rows = 0;
  AddedSelection added_selection = AddedSelection::none;
  bool expandable_arrays = false;               ///< setOption("ExpandableArrays", true)
  int shared_objects = 0;                       ///< how many `SharedObject` there are
  std::filesystem::path input_folder;           ///< of the run: where files beside an image are
  std::vector<std::string> log;                 ///< lines of `print`
  std::map<std::string, MacroValue> variables;  ///< of the macro, between its stages
  std::map<std::string, std::string> list;      ///< what the functions List.* keep

  [[nodiscard]] bool has_image() const { return !images_.empty(); }
  /// The image that commands work on. Throws `SampleError` "there are no images open".
  [[nodiscard]] ImagePlus& active();
  [[nodiscard]] const ImagePlus& active() const;
  /// The first of that title, case as written; null where there is none. `count` of the same title
  /// goes to `*same`, if given.
  [[nodiscard]] ImagePlus* by_title(std::string_view title, int* same = nullptr);
  [[nodiscard]] ImagePlus* by_id(int id);
  [[nodiscard]] const std::deque<ImagePlus>& images() const { return images_; }
  [[nodiscard]] std::deque<ImagePlus>& images() { return images_; }

  /// The table of that title: Results, Summary or one of `tables`. Null where there is none;
  /// Results is always there.
  [[nodiscard]] ResultsTable* table_of(std::string_view title);
  /// Puts a table or the log in front.
  void bring_to_front(std::string title);
  /// What follows rows that a command added to Results: its window shows them, opened where it is
  /// not.
  void show_results();
  /// Empties Results, as Clear Results does.
  void clear_results();
  /// Closes a table's window: its rows are gone.
  void close_table(const std::string& title);
  /// Gives a table another title. One of the new title is replaced.
  void rename_table(const std::string& title, const std::string& to);

  /// Makes a selection an object of its own, or finds the one that it is.
  int object_of(Roi& roi);
  /// Calls `change` with everything that is the same object as `roi`, itself included: of the ROI
  /// Manager, of overlays and images' selections.
  void for_each_same(Roi& roi, const std::function<void(Roi&)>& change);

  /// Adds an image, which becomes the active one and gets an id. References to images stay valid.
  ImagePlus& open(ImagePlus image);
  /// Makes all images, and those opened from now on, have a calibration in place of their own; or
  /// gives them back their own.
  void set_global_scale(std::optional<Calibration> scale);
  void activate(int id);
  /// Closes an image; the one active before it, or else the last opened, becomes active.
  void close(int id);
  void close_all();

 private:
  void keep_selection();
  void take_global_scale(ImagePlus& image) const;

  std::deque<ImagePlus> images_;
  std::vector<int> order_;  ///< ids by when they were active; the last is the active one
  int last_id_ = 0;
  std::optional<Calibration> global_scale_;
};

}  // namespace smear::imagej
