// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "imagej/macro/abstract.h"
#include "imagej/macro/ast.h"
#include "imagej/macro/leftovers.h"
#include "imagej/macro/plan.h"

namespace smear::imagej {

/// The `meaning` of a value that is another one on each way that was gone.
inline constexpr const char* of_several_ways = "of several ways";

/// The name that a function's value has among its variables; no macro can write it.
inline constexpr const char* returned_value = "(returned)";

/// Whether it asks for the number of a table's rows.
bool is_row_count(const Expression& e);
/// Whether it prints lines, itself or in functions that it calls.
bool prints_lines(const Program& program, const Statement& s);
/// Whether the same image is active under the same title behind the command.
bool keeps_title(const Command& command);
/// Which argument of a call is a row of a table; -1 where none is.
int row_argument_of(const std::string& function);

class OpenImages;

/// Executes a macro as far as it is known beforehand, and writes down the rest as stages.
///
/// Statements on known values are run. A command with known arguments becomes a stage; what depends
/// on an image becomes a stage of code, and the variables that it sets are `code` from then on:
/// they live in the session. A loop over the files of the input folder is gone through once, for
/// any image.
class Planner {
 public:
  Planner(const Program& program, const PlanOptions& options);
  MacroPlan run();

 private:
  // ----- what changes as the macro is gone through; copied where a try may have to be undone
  struct Frame {
    std::map<std::string, Abstract> variables;
    std::map<std::string, std::string> session_names;  ///< of variables that live in the session
    std::string function;                              ///< empty at the top
  };
  struct Gathering {
    std::string header;
    bool begun = false;  ///< its session variable was set up
  };
  /// Of File.open.
  struct OpenFile {
    std::string path;  ///< of a file of the run; empty: one of the image
    int line = 0;
  };
  struct Draft : MacroStage {
    std::shared_ptr<const Statement> written;  ///< what the last statement of `code` was made of
  };
  struct State {
    std::vector<Frame> frames;
    /// Shared by copies; none is changed before the end.
    std::vector<std::shared_ptr<Draft>> stages;
    std::vector<RunOutput> outputs;
    std::vector<std::string> notes;
    std::vector<std::string> conditions;
    std::map<std::string, Gathering> gatherings;  ///< by session name
    std::map<std::string, std::string> appended;  ///< session name by path of File.append
    std::map<std::string, std::string> heads;     ///< what is written before the loop, by path
    std::set<std::string> names_in_session;
    std::map<int, int> parts;  ///< of the argument: their directories
    /// Of directories: 'i' input, 'o' output, 's' the image's folder as a path within the input.
    std::map<int, char> roles;
    bool opened = false;  ///< the image is
    bool title_known = false;
    bool closed_before_open = false;  ///< images were closed in the loop before that
    bool results_cleared = false;
    bool summary_cleared = false;  ///< saved under another title, or closed, for each image
    std::string front;             ///< as in Session; "?" where it is not known
    std::string created;  ///< a table of this image that is in front; empty: none, or not known
    bool numbered_summary = false;  ///< Summary was renamed to Results, behind the loop
    /// Analyze Particles without display and clear: for the first image its rows are in Results,
    /// for the others, once a Results window is open, they are not.
    std::optional<Place> unsure_rows;
    bool results_open = false;  ///< the Results window, by this image's work
    bool colour_set = false;    ///< setColor was called for this image
    bool width_set = false;     ///< setLineWidth likewise
    std::optional<OpenFile> open_file;
    std::set<std::string> run_tables;  ///< titles of tables that were created before the loop
    std::set<int> outputs_for_sure;    ///< directories that are none of the input
    std::string asked_for;             ///< a file of the run that File.exists has just asked for
    std::string first_lines_of;        ///< within what is done where that is not there
    std::optional<Place> saved_file;   ///< of the image: File.name is that of the file saved last
    std::optional<Place> other_file;   ///< an image beside those of the run was opened
    std::vector<std::pair<int, Place>> opened_in;  ///< directories that such images lie in
    bool expandable_arrays = false;  ///< setOption("ExpandableArrays", true) was called
    bool list_set = false;           ///< List.* was filled for this image
    bool batch = false;              ///< setBatchMode(true) was called
    bool shows_all = false;          ///< the ROI Manager's Show All is on
    std::optional<Place> added;      ///< roiManager("Add") while it is off, within the loop
    bool manager_cleared = false;
    bool unsure_added = false;  ///< as in Leftovers
    bool results_empty = false;
    bool manager_empty = false;
    bool results_cut = false;  ///< the Results table may have been cleared for this image
    bool deselected = false;   ///< as in Leftovers, and so the next two
    std::string window;
    std::map<std::string, Store> counts;
    bool saves = false;
    bool measures = false;
    bool adds_rois = false;  ///< maybe
    int other_images = 0;    ///< open before the image is
    std::size_t first_of_other_images = 0;
    int temporaries = 0;
    bool subfolders = false;
    bool own_row_set = false;     ///< the row of the image's position is there
    bool rows_behind = false;     ///< its rows are those of loops behind only
    bool cleared_behind = false;  ///< the Results table, behind the loop over the images
    bool list_changed = false;    ///< sorted or turned round
    /// Numbers that a loop over the files counted, with the code of which ones; empty: all.
    std::map<std::string, std::string> counted;
    /// Conditions on files without which the macro ends: the images' loop must have them, too.
    std::vector<std::pair<std::string, Place>> needed;
    std::optional<Place> changed_behind;  ///< settings that tables are saved by, behind the loop
    std::set<std::string> closed_behind;  ///< windows that may have been closed there
    std::string log;                      ///< path of the file that the macro saves its log as
    std::string log_head;                 ///< lines printed before the images
    std::string log_foot;                 ///< and behind them, until the log is saved
  };
  /// Which way the conditions on the file's name go, where each way is gone through.
  struct Choices {
    std::vector<std::pair<std::string, bool>> taken;  ///< code of the condition
    std::size_t next = 0;
  };
  struct EachWay {
    std::vector<std::pair<std::string, bool>> choices;
    State behind;
  };
  /// What was tried for each way does more than compute.
  struct Undone {};
  enum class Phase { before, within, after };  ///< of the loop over images
  enum class Flow { on, leave, next, give };
  /// Which jumps end a list of statements, so that what follows a jump that depends on the image
  /// can be put into its `else`.
  struct Tail {
    bool give = false;
    bool next = false;
  };
  /// A jump depends on the image where it cannot be written as a branch: what it jumps out of is
  /// made into code as a whole.
  struct Whole {
    Place place;
    std::string what;
  };

  [[noreturn]] void fail(Place place, const std::string& message,
                         const std::string& hint = "") const;
  template <typename F>
  auto placed(Place place, const F& what) const -> decltype(what()) {
    try {
      return what();
    } catch (const ValueError& e) {
      fail(place, e.what(), e.hint);
    } catch (const MacroError&) {
      throw;
    } catch (const Error& e) {
      fail(place, e.what());
    }
  }
  void note(const std::string& text);
  void step(Place place);

  // ----- beginning and end: plan.cpp
  void choose_form();
  void take_parameters();
  Abstract parameter_value(const ScriptParameter& parameter);
  void declare_globals(const Statement& statement);
  void check_jumps() const;
  void finish();
  void add_default_save();
  void finish_stage(Draft& stage);
  [[nodiscard]] bool leaves_folder_out(const std::string& stage_code) const;
  std::string output_template(const std::string& marked, Place place);
  std::string finished_code(const std::string& code) const;
  void find_output_root();
  void add_globs(const Expression& condition);

  // ----- statements: plan-statements.cpp
  Flow execute(const Statement& s, Tail tail);
  Flow execute_list(const std::vector<StatementPtr>& list, std::size_t count, Tail tail);
  Flow branch(const std::vector<StatementPtr>* list, std::size_t at, const Statement& s, Tail tail);
  void go_into_folders(const Statement& then);
  Flow branch_before_open(const std::vector<StatementPtr>* list, std::size_t at, const Statement& s,
                          const Abstract& condition, Tail tail);
  Flow branch_at_run(const std::vector<StatementPtr>* list, std::size_t at, const Statement& s,
                     const std::string& condition, Tail tail);
  Flow loop(const Statement& s);
  /// Whether a variable of a frame is of no use behind what is done.
  using Forgotten = std::function<bool(std::size_t frame, const std::string& name)>;
  bool goes_each_way(const std::function<void()>& run, const Forgotten& forgotten);
  bool chosen(const std::string& condition);
  bool decides(const Abstract& condition) const;
  std::vector<EachWay> all_ways(const std::function<void()>& run, const State& before);
  std::optional<State> put_together(const std::vector<EachWay>& ways, const Forgotten& forgotten);
  Flow unrolled(const Statement& s);
  void rest_of_loop(const Statement& s);
  struct ImageLoop {
    std::string variable;
    bool backward = false;
  };
  std::optional<std::size_t> step_in(const Statement& body, const std::string& variable,
                                     bool backward) const;
  Flow execute_around(const Statement& body, std::size_t step, const ImageLoop& found);
  void pass_over(const Statement& s, const ImageLoop& found);
  bool saves_lines_behind(const Statement& s);
  void pass_by(const Statement& s);
  void check_left_open(const Statement& body, std::size_t first) const;
  void follow(const MacroStage& stage, OpenImages& images) const;
  void follow_code(const MacroStage& stage, OpenImages& images) const;
  std::optional<MacroStage> marked_stage(const Program& code, const MacroStage& of) const;
  bool asks_what_is_open(const Statement& body) const;
  void count_files(const Statement& body, const ImageLoop& found);
  bool ends_without_files(const Statement& s);
  bool only_closes(const Statement& s, std::string& front, std::set<std::string>& closed) const;
  bool closes_windows_behind(const Statement& s);
  bool changes_settings_behind(const Expression& e);
  void check_saved_behind(const std::string& table, Place place) const;
  std::optional<ImageLoop> image_loop(const Statement& s);
  void run_image_loop(const Statement& s, const ImageLoop& found);
  void begin_elements(const std::set<std::string>& names, Place place);
  bool assign_own_element(const Statement& s);
  Abstract own_element(const Abstract& array, const Expression& e);
  void run_loop_behind(const Statement& s, const ImageLoop& found);
  void check_loop_behind(const Statement& s, const ImageLoop& found);
  void take_rows_anew(const Statement& s);
  const Statement* for_images_only(const Statement& body);
  bool uses_overlays() const;
  void look_at_last_steps(const Statement& body);
  Leftovers leftovers() const;
  void take(const Leftovers& left);
  LeftoverWalk::Macro walked();
  bool empties_what_is_there(const Statement& s);
  bool opens(const Statement& s) const;
  bool has_effects(const Statement& s) const;
  void call_statement(const Expression& e);
  bool call_after_loop(const Expression& e);
  void assign(const Statement& s);
  void assign_element(const Statement& s);
  bool gather(const Statement& s);
  Abstract changed(const Statement& s, const Abstract& old);
  std::set<std::string> assigned_in(const Statement& s) const;

  State snapshot();
  void store(const std::string& name, Abstract value, Place place);
  void mark_carried(const std::set<std::string>& names);
  void mark_left(const std::set<std::string>& names);
  void find_row_counters(const Statement& body, const std::set<std::string>& names);
  std::optional<std::string> table_counted_by(const std::string& name, const Statement& body);
  void count_rows_from_here(Place place);
  void check_counted_rows(Place place);
  bool counts_one_row(const std::string& name, const std::string& table) const;
  bool other_rows() const;
  void find_counters(const Statement& body, const std::set<std::string>& names);
  bool is_idle(const Statement& s) const;
  void drop_idle(Statement& s) const;
  bool is_step(const Statement& s, const std::string& variable, bool backward) const;

  // ----- variables: plan-statements.cpp
  Abstract* find(const std::string& name, std::size_t* frame = nullptr);
  std::size_t frame_to_assign(const std::string& name) const;
  void set(const std::string& name, Abstract value);
  bool shadows(const std::string& name);
  std::string session_name(const std::string& name, std::size_t frame);
  void set_in_session(const std::string& name);
  void materialise(const std::string& name, Place place);
  std::string temporary(const std::string& name);

  // ----- expressions: plan-expressions.cpp
  Abstract evaluate(const Expression& e, bool statement = false, bool mixed = false);
  std::vector<Abstract> evaluate_all(const std::vector<const Expression*>& all, bool mixed);
  Abstract sum(const Expression& e, bool mixed);
  void settle_terms(const std::vector<const Expression*>& parts, std::vector<Abstract>& values);
  Abstract binary(const Expression& e);
  Abstract stepped(const Expression& e);
  Abstract index(const Expression& e);
  Abstract call(const Expression& e, bool statement);
  Abstract call_own(const Function& function, const Expression& e, bool statement);
  Abstract call_own_at_run(const Function& function, const std::vector<Abstract>& arguments,
                           const Expression& e, bool statement);
  Abstract call_builtin(const Builtin& function, const Expression& e,
                        std::vector<Abstract> arguments, const std::string& form);
  Abstract call_pure(const Builtin& function, const Expression& e, std::vector<Abstract>& arguments,
                     const std::string& form);
  std::optional<Abstract> call_on_text(const Builtin& function, const std::vector<Abstract>& a);
  Abstract call_file(const Builtin& function, const Expression& e, std::vector<Abstract>& arguments,
                     const std::string& form);
  void call_effect(const Builtin& function, const Expression& e);
  bool print_beside_images(const Expression& e);
  Abstract open_file(const Abstract& path, const Expression& e);
  bool prints_to_file(const Expression& e);
  bool print_to_file(const Expression& e);
  void close_file(const Expression& e);
  void call_outs(const Builtin& function, const Expression& e);
  void check_results_use(const Expression& e);
  void check_drawing(const Expression& e);
  bool gathers(const std::string& table) const;
  std::string table_of(const Expression& e);
  std::string title_left_out(const Expression& e);
  bool may_show_table(const Expression& e) const;
  bool may_show_table(const Statement& s) const;
  std::string table_of_saving(const Expression& e);
  bool shows_results() const;
  bool table_of_run(const Expression& e);
  Abstract row_argument(Abstract value, const std::string& table, Place place);
  Abstract own_row_of(const std::string& table, const Expression& row);
  void check_row_uses(const Statement& s, const std::string& table);
  Abstract size_of_manager(const Expression& e);
  [[noreturn]] void fail_for_manager(Place place) const;
  bool asks_for_manager_window(const Expression& e) const;
  std::string table_in_front(Place place) const;
  void check_row_uses(const Statement& s);
  bool makes_summary() const;
  bool table_after_loop(const Expression& e);
  void usable(const Abstract& value, Place place) const;
  [[noreturn]] void fail_without_value(const std::string& name, Place place) const;
  Abstract directory(int number) const;
  int new_directory(char role = '?');
  bool calls_own(const Expression& e) const;
  Abstract settled(Abstract value);
  Abstract numbered(Abstract value, Place place);
  Abstract own_row(Abstract row, Place place) const;
  bool is_input_path(const Abstract& path) const;

  // ----- commands and code: plan-commands.cpp
  void command(const Expression& e);
  void carry_out(const Expression& e);
  void run_call(const Expression& e);
  void function_call(const Command& command, const Expression& e);
  void open_call(const Abstract& path, const Expression& e);
  void open_other(const Abstract& path, const Expression& e);
  [[noreturn]] void fail_to_find(Place place) const;
  void check_lasting_settings() const;
  void check_global_scale(const Command& found, const Values& values, Place place) const;
  void check_file_known(const Expression& e) const;
  bool is_open_call(const Expression& e) const;
  bool works_on_image(const Expression& e) const;
  void emit(const Command& command, Values values, const std::string& code, Place place);
  void emit_code(std::string code, Place place, std::shared_ptr<const Statement> written = nullptr);
  void emit_whole(const Statement& written);
  void name_file(Expression& e, const std::set<std::string>& assigned);
  void name_file(Statement& s, const std::set<std::string>& assigned);
  void as_appended(Expression& print);
  void gather_appended(Statement& s, std::string& preparation);
  std::optional<Abstract> known_path(const Expression& e);
  std::string lines_of_run(const std::string& file, Place place, std::string& preparation);
  void effects_of(const Command& command, const Values* values, Place place);
  void check_shared_state(const Command& command, const Values* values, Place place);
  void check_unsure_rows(Place place) const;
  void note_particles(const std::string& options, Place place);
  [[nodiscard]] bool may_open_results() const;
  [[nodiscard]] bool hides_rows() const;
  void check_same_file(const Command& command, const Values& values, Place place);
  std::string preparation_of(const Statement& s);
  void check_at_run(const Statement& s);
  void check_call_at_run(const Expression& e);
  void after_effects_of(const Statement& s);
  bool is_about_other_images(const Command& command, const Values* values, Place place);
  void drop_other_images(Place place);
  bool saves_table_of_run(const Command& command, const Values& values, Place place);
  std::string outline_at_run(const Expression& e);
  bool sets_anew(const Statement& s, const std::string& name) const;
  void gather_in(const Statement& s, const std::string& name, std::string& code);
  void append_of_run(const Abstract& text, const Abstract& path, const Expression& e);
  bool depends_on_image(const Abstract& value) const;
  std::string output_of_run(const Abstract& path);

  const Program& program_;
  const PlanOptions& options_;
  const CommandTable& table_;
  MacroPlan::Form form_ = MacroPlan::Form::one_image;
  Phase phase_ = Phase::before;
  State state_;
  std::set<std::string> globals_;
  int directories_ = 2;  ///< 0 is the input, 1 the output
  std::string input_literal_;
  std::string output_root_;  ///< the folder that all absolute paths of outputs share
  std::size_t copied_ = 0;
  std::string recorded_stem_;
  std::vector<StatementPtr> copies_;                 ///< statements that are not the program's own
  std::set<std::string> counters_;                   ///< numbers that only count what the images do
  std::map<std::string, std::string> row_counters_;  ///< their tables
  std::set<std::string> loops_over_images_;          ///< their variables
  bool printed_ = false;                  ///< lines into the log, by a loop over the images
  std::set<std::string> files_of_loops_;  ///< that loops before this one added to
  const Statement* behind_ = nullptr;     ///< the loop behind that is gone through
  long steps_ = 0;
  int depth_ = 0;
  Choices* choices_ = nullptr;
  std::size_t body_begin_ = 0;  // index of the first stage of the loop over the images
  bool looped_ = false;
  std::map<std::string, std::string> rows_of_code_;  ///< of the code at hand: tables by variable
  std::map<std::string, const Expression*> written_conditions_;  ///< by their code
  std::set<const Expression*> of_others_;  ///< its calls where Results has rows of other images
  std::set<const Expression*> own_rows_;   ///< its numbers of the image's own row
  std::set<const Expression*> idle_conditions_;  ///< its conditions that do not matter
  std::vector<std::string> include_;
};

}  // namespace smear::imagej
