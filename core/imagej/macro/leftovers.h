// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "imagej/macro/ast.h"

namespace smear::imagej {

/// The title of the ROI Manager's window, and of what its rows belong to where tables are named.
inline constexpr const char* manager_title = "ROI Manager";

/// What ImageJ keeps from image to image while a macro loops over a folder.
enum class Store { results, manager };

/// What one of them may hold, from what is sure to what is not.
enum class Kept {
  nothing,
  own,     ///< of the image at hand only
  others,  ///< of the images before, too
};

/// Both of them at a place of the macro.
struct Leftovers {
  Kept results = Kept::nothing;
  Kept manager = Kept::nothing;
  /// Analyze Particles without display and clear, whose rows are there for the first image only.
  std::optional<Place> unsure_rows;
  bool unsure_added =
      false;  ///< its particles are in the ROI Manager: where that is empty, none is
  bool results_open = false;            ///< the Results window, by the work on this image
  bool cleared = false;                 ///< the Results table was, on one way at least
  bool deselected = false;              ///< nothing is selected in the list of the ROI Manager
  std::string window;                   ///< that the statement before selected; empty: another
  std::map<std::string, Store> counts;  ///< variables that say how much is in it

  [[nodiscard]] Kept& of(Store store) { return store == Store::results ? results : manager; }
  bool operator==(const Leftovers& other) const;
  /// Where two ways meet.
  void join(const Leftovers& other);
};

/// Follows a statement on all of its ways. What it makes of `Leftovers` holds whatever the
/// conditions are; `if (nResults > 0) run("Clear Results")` leaves nothing on either way.
class LeftoverWalk {
 public:
  struct Macro {
    const Program* program = nullptr;
    /// The text that an expression stands for, with `hole_mark` for what is not known.
    std::function<std::string(const Expression&)> text;
    /// What code that stands for a condition was written as.
    std::function<const Expression&(const Expression&)> written;
    bool batch = false;                ///< then the ROI Manager has no window
    std::function<bool()> hides_rows;  ///< whether Analyze Particles fills Results without a window
    std::function<bool()> may_open_results;  ///< whether anything opens the Results window
  };
  /// Called with each call, before it has its effects.
  using Visit = std::function<void(const Expression&, const Leftovers&)>;

  explicit LeftoverWalk(Macro macro, Visit visit = {});

  /// What is there behind the statement.
  Leftovers behind(const Statement& s, const Leftovers& before);
  /// What is there behind a call of a function that is none of the macro's own.
  Leftovers behind(const Expression& call, const Leftovers& before) const;
  /// Of a branch that does nothing but empty what its condition finds filled, what is there behind
  /// it; nothing where it is none. What the condition is does not matter then.
  std::optional<Leftovers> emptied(const Statement& branch, const Leftovers& before);
  /// Conditions that do not matter, of what was walked over.
  [[nodiscard]] const std::set<const Expression*>& idle_conditions() const { return idle_; }

 private:
  using Way = std::optional<Leftovers>;  // empty: no way leads there
  struct Jumps {
    Way leave;
    Way next;
    Way give;
  };

  Way walk(const Statement& s, Way at);
  Way walk_branch(const Statement& s, Way at);
  Way walk_loop(const Statement& s, Way at);
  Way look(const Expression& e, Way at);
  Way enter(const Function& function, const Leftovers& at);
  [[nodiscard]] std::optional<Store> counted(const Expression& e, const Leftovers& at) const;
  [[nodiscard]] std::set<Store> empty_where(const Expression& condition, bool truth,
                                            const Leftovers& at) const;
  [[nodiscard]] bool only_asks(const Expression& condition, const Leftovers& at,
                               std::set<Store>& stores) const;
  [[nodiscard]] bool only_empties(const Statement& s, const std::set<Store>& stores) const;
  [[nodiscard]] std::string text_of(const Expression& e) const;
  [[nodiscard]] std::string first_of(const Expression& call) const;
  void run(const Expression& call, Leftovers& at) const;
  void particles(const Expression& call, Leftovers& at) const;
  void roi_manager(const Expression& call, Leftovers& at) const;
  void close_window(const std::string& title, Leftovers& at) const;

  Macro macro_;
  Visit visit_;
  Jumps jumps_;
  int loops_ = 0;  ///< that are gone through
  std::vector<std::tuple<const Function*, Leftovers, Way>> entered_;
  std::set<const Expression*> idle_;
  std::set<const Expression*> asked_;  ///< conditions that do matter
  std::set<std::string> assigned_;     ///< variables that what is walked over sets
  int functions_ = 0;                  ///< that are gone into
};

/// The one that an expression asks the size of, by a call.
std::optional<Store> store_counted_by(const Expression& call);

}  // namespace smear::imagej
