// SPDX-License-Identifier: Apache-2.0
#include "run/runner.h"

#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <chrono>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_set>

#include "codec/codec.h"
#include "codec/npy.h"
#include "imagej/files/opener.h"
#include "imagej/session-state.h"
#include "run/memory-budget.h"
#include "run/name-template.h"
#include "run/outputs.h"
#include "run/planned-files.h"
#include "run/results.h"
#include "run/resume.h"
#include "run/workspace.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Every image takes and frees blocks of the same sizes: given back to the system in between, they
// would come back zeroed, page by page.
void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
#endif
}

/// A sample at work and what becomes of it.
struct Work {
  Sample sample;
  SampleRecord record;
  bool alive = true;

  void fail(std::string stage, std::string reason) {
    alive = false;
    record.done = false;
    record.stage = std::move(stage);
    record.reason = std::move(reason);
  }
};

class Runner {
 public:
  Runner(const Pipeline& pipeline, const RunOptions& options, const RunPlan& plan,
         RunObserver& observer, const std::atomic<bool>& stop)
      : pipeline_(pipeline),
        options_(options),
        plan_(plan),
        observer_(observer),
        stop_(stop),
        workspace_(options.output, options.overwrite  ? Workspace::Open::overwrite
                                   : plan.earlier_run ? Workspace::Open::resume
                                                      : Workspace::Open::create),
        budget_(options.ram > 0 ? options.ram : default_memory_limit()) {
    const auto stored = workspace_.ledger().meta("seed");
    if (options.seed)
      seed_ = *options.seed;
    else if (!stored.empty())
      seed_ = parse_seed(stored);
    fingerprint_ = content_hash(pipeline.fingerprint() + std::to_string(seed_));
  }

  RunSummary run() {
    const auto start = Clock::now();
    const double started = now();
    keep_freed_memory();
    begin_run(workspace_, pipeline_, seed_);
    const auto earlier = find_todo();
    claim_names();
    summary_.files = static_cast<std::int64_t>(plan_.selected.size());
    observer_.started(summary_.files, summary_.kept, earlier.notes);
    enter_unreadable();
    work();
    if (stop_ && left_undone_) summary_.end = RunEnd::interrupted;
    summary_.seconds = seconds_since(start);
    observer_.writing_results();
    write_results(workspace_, {pipeline_, options_, jobs(), seed_, started, summary_});
    return summary_;
  }

 private:
  [[nodiscard]] int jobs() const {
    return options_.jobs > 0 ? options_.jobs
                             : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }

  // Keeps what an earlier run did from the same pipeline and the same files, and nothing else.
  EarlierWork find_todo() {
    EarlierWork earlier;
    if (plan_.earlier_run && !options_.overwrite)
      earlier = take_up(workspace_, plan_.list, fingerprint_);
    for (const auto position : plan_.selected) {
      const auto& path = plan_.list.files[static_cast<std::size_t>(position)];
      if (earlier.kept.contains(path))
        ++summary_.kept;
      else
        todo_.push_back(position);
    }
    return earlier;
  }

  // What stands of an earlier run is not written over by another image.
  void claim_names() {
    for (const auto& stage : pipeline_.stages)
      for (const auto& option : stage.spec.options())
        if (const auto name = to_string(stage.values.at(option.name));
            option.kind == OptionKind::run_file && !name.empty())
          names_.reserve(name);
    workspace_.ledger().for_each_file([&](const SampleId& id, const std::string& name) {
      try {
        names_.claim(name, id);
      } catch (const SampleError&) {
        // An older smear let two images have one file; what stands, stands.
      }
    });
  }

  // Folders that could not be listed are samples that failed: nobody should miss them.
  void enter_unreadable() {
    for (const auto& [path, reason] : plan_.list.unreadable) {
      SampleRecord record;
      record.id = {path + "/", 0};
      record.position = static_cast<std::int64_t>(plan_.list.files.size());
      record.stage = "read";
      record.reason = reason;
      record.started = now();
      enter(record.id.path, {record});
    }
  }

  // One token of the pipeline is a batch of files on its way from reading to the ledger, so no more
  // samples are in memory than there are tokens times the batch.
  void work() {
    const auto batch = pipeline_.input.pages ? std::size_t{1} : pipeline_.batch();
    std::size_t next = 0;
    std::uint64_t number = 0;
    struct Piece {
      std::uint64_t number = 0;
      std::vector<std::int64_t> positions;
    };
    const auto source = [&](tbb::flow_control& control) -> Piece {
      if (next >= todo_.size() || stop_ || too_many_failures_) {
        left_undone_ = left_undone_ || next < todo_.size();
        control.stop();
        return {};
      }
      Piece piece{number++, {}};
      for (; next < todo_.size() && piece.positions.size() < batch; ++next)
        piece.positions.push_back(todo_[next]);
      return piece;
    };
    const auto body = [&](const Piece& piece) {
      // A thread that waits for a nested loop must not pick up another piece meanwhile: that one
      // might wait for memory which this piece holds.
      tbb::this_task_arena::isolate([&] {
        if (pipeline_.input.pages)
          process_pages(piece.number, piece.positions.front());
        else
          process_batch(piece.number, piece.positions);
      });
    };
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                                      static_cast<std::size_t>(jobs()));
    tbb::task_arena arena(jobs());
    arena.execute([&] {
      tbb::parallel_pipeline(
          static_cast<std::size_t>(jobs()),
          tbb::make_filter<void, Piece>(tbb::filter_mode::serial_in_order, source) &
              tbb::make_filter<Piece, void>(tbb::filter_mode::parallel, body));
    });
    if (too_many_failures_) summary_.end = RunEnd::too_many_failures;
  }

  void process_batch(std::uint64_t number, std::span<const std::int64_t> positions) {
    std::vector<Work> works;
    for (const auto position : positions) works.push_back(new_work(position, 0));
    const auto bytes = prepare(works);
    if (bytes > budget_.limit() && works.size() > 1) {  // more than may be in memory together
      const auto half = positions.size() / 2;
      process_batch(number, positions.first(half));
      process_batch(number, positions.subspan(half));
      return;
    }
    const MemoryBudget::Share share(budget_, bytes);
    PendingOutputs outputs(workspace_.out(), workspace_.staging(number), &names_);
    for_each_alive(works, [&](Work& work) { read(work); });
    run_stages(works, outputs);
    for (auto& work : works) finish(work, outputs);
    for (auto& work : works) enter(work.record.id.path, {work.record});
  }

  void process_pages(std::uint64_t number, std::int64_t position) {
    PendingOutputs outputs(workspace_.out(), workspace_.staging(number), &names_);
    std::vector<SampleRecord> records;
    const auto& path = plan_.list.files[static_cast<std::size_t>(position)];
    int pages = 1;
    try {
      pages = codec::peek(plan_.list.path_of(path)).pages;
    } catch (const std::exception&) {
      // Reading the first page says the same and quarantines it.
    }
    for (int page = 1; page <= pages && !stop_; ++page) {
      std::vector<Work> works;
      works.push_back(new_work(position, pages == 1 ? 0 : page));
      const MemoryBudget::Share share(budget_, prepare(works));
      for_each_alive(works, [&](Work& work) { read(work); });
      run_stages(works, outputs);
      finish(works.front(), outputs);
      records.push_back(std::move(works.front().record));
    }
    if (stop_)
      left_undone_ = true;
    else
      enter(path, records);
  }

  Work new_work(std::int64_t position, int part) {
    const auto& path = plan_.list.files[static_cast<std::size_t>(position)];
    Work work{Sample(SampleId{path, part}), {}, true};
    const auto stamp = stamp_of(plan_.list, path);
    work.record.id = work.sample.id();
    work.record.position = position;
    work.record.fingerprint = fingerprint_;
    work.record.file_size = stamp.size;
    work.record.file_time = stamp.time;
    work.record.started = now();
    return work;
  }

  // Looks at the headers; what the samples will need in memory. One too large for the limit fails.
  std::int64_t prepare(std::vector<Work>& works) {
    std::int64_t total = 0;
    for (auto& work : works) {
      guarded(work, "read", [&] {
        total += pipeline_.input.tensor.empty() ? image_bytes(work) : tensor_bytes(work);
      });
    }
    return total;
  }

  std::int64_t image_bytes(const Work& work) const {
    const auto header = codec::peek(plan_.list.path_of(work.record.id.path), work.record.id.part);
    auto pixels = std::int64_t{header.width} * header.height;
    if (pipeline_.input.imagej) pixels *= std::max(1, header.pages);  // a stack is read whole
    const auto bytes = estimated_bytes(pixels);
    if (pixels <= pipeline_.input.max_pixels)
      check_fits(fmt::format("{} x {} pixels", header.width, header.height), bytes);
    return bytes;
  }

  std::int64_t tensor_bytes(const Work& work) const {
    std::int64_t values = 0;
    for_each_tensor(work, [&](const std::string&, const fs::path& path) {
      values += codec::peek_npy(path).values;
    });
    const auto bytes = values * static_cast<std::int64_t>(sizeof(float));
    check_fits(fmt::format("{} values", values), bytes);
    return bytes;
  }

  void check_fits(const std::string& what, std::int64_t bytes) const {
    if (bytes > budget_.limit())
      throw SampleError(fmt::format("{} need about {:.1f} MiB, the limit is {:.1f} MiB (--ram)",
                                    what, static_cast<double>(bytes) / 1048576.0,
                                    static_cast<double>(budget_.limit()) / 1048576.0));
  }

  // Calls `step(slot, path)` for each tensor of the sample. A reason names the file where it is not
  // the sample's own.
  template <typename Step>
  void for_each_tensor(const Work& work, Step step) const {
    step(pipeline_.input.tensor, plan_.list.path_of(work.record.id.path));
    for (const auto& [slot, path] : plan_.list.files_beside(work.record.id.path)) try {
        step(slot, path);
      } catch (const SampleError& e) {
        throw SampleError(fmt::format("'{}' ({}): {}", slot, path.string(), e.what()));
      }
  }

  void read(Work& work) {
    guarded(work, "read", [&] {
      if (!pipeline_.input.tensor.empty())
        return for_each_tensor(work, [&](const std::string& slot, const fs::path& path) {
          work.sample.set(slot, codec::read_npy(path));
        });
      const codec::ReadOptions options{pipeline_.input.max_pixels, work.record.id.part};
      if (pipeline_.input.imagej) return open_as_imagej(work, options);
      const Image image = codec::read_image(plan_.list.path_of(work.record.id.path), options);
      work.record.width = image.width();
      work.record.height = image.height();
      work.sample.set("source", image);
      work.sample.set("image", image);
    });
  }

  void open_as_imagej(Work& work, const codec::ReadOptions& options) const {
    auto image = imagej::open_image(plan_.list.path_of(work.record.id.path), options);
    work.record.width = image.width();
    work.record.height = image.height();
    imagej::Session session;
    session.input_folder = fs::absolute(plan_.list.root);
    session.open(std::move(image));
    work.sample.set(imagej::session_slot,
                    std::make_shared<imagej::SessionState>(std::move(session)));
  }

  void run_stages(std::vector<Work>& works, PendingOutputs& outputs) {
    for (std::size_t i = 0; i < pipeline_.stages.size(); ++i) {
      const auto& stage = pipeline_.stages[i];
      const RunContext context(seed_, i, &outputs);
      outputs.set_stage(stage.name);
      const auto together = stage.stage->preferred_batch();
      if (together > 1 && works.size() > 1) {
        for (std::size_t first = 0; first < works.size(); first += together)
          run_together(stage,
                       std::span(works).subspan(first, std::min(together, works.size() - first)),
                       context, outputs);
      } else {
        for_each_alive(works, [&](Work& work) { run_alone(stage, work, context); });
      }
      for (auto& work : works)
        for (const auto& slot : stage.last_use) work.sample.erase(slot);
    }
  }

  void run_alone(const PlannedStage& stage, Work& work, const RunContext& context) {
    guarded(work, stage.name, [&] {
      check_inputs(stage, work.sample);
      work.sample.wire(&stage.inputs, &stage.outputs);
      stage.stage->process(work.sample, context);
      work.sample.wire(nullptr, nullptr);
      check_outputs(stage, work.sample);
    });
  }

  // A batch that throws is repeated one by one, from the samples as they were, so that only the
  // culprit fails and the others come out as if they had been alone.
  void run_together(const PlannedStage& stage, std::span<Work> works, const RunContext& context,
                    PendingOutputs& outputs) {
    std::vector<Work*> batch;
    std::vector<Sample*> samples;
    for (auto& work : works) {
      guarded(work, stage.name, [&] { check_inputs(stage, work.sample); });
      if (!work.alive) continue;
      batch.push_back(&work);
      samples.push_back(&work.sample);
    }
    if (batch.empty()) return;
    std::vector<Sample> before;
    std::vector<PendingOutputs::Mark> marks;
    for (Work* work : batch) {
      before.push_back(work->sample);
      marks.push_back(outputs.mark(work->record.id));
      work->sample.wire(&stage.inputs, &stage.outputs);
    }
    const auto start = Clock::now();
    bool failed = false;
    try {
      stage.stage->process_batch(samples, context);
    } catch (const RunError&) {
      throw;
    } catch (...) {
      failed = true;
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Work& work = *batch[i];
      if (failed) {
        work.sample = before[i];
        outputs.rewind(work.record.id, marks[i]);
        run_alone(stage, work, context);
        continue;
      }
      work.sample.wire(nullptr, nullptr);
      work.record.seconds += seconds_since(start) / static_cast<double>(batch.size());
      guarded(work, stage.name, [&] { check_outputs(stage, work.sample); });
    }
  }

  // A stage that does not write what it declared would mislead the stages after it.
  static void check_outputs(const PlannedStage& stage, const Sample& sample) {
    for (const auto& port : stage.writes) {
      const auto wanted = (port.types & SlotType::mask) != SlotType::none
                              ? port.types | SlotType::grey8
                              : port.types;
      if (!sample.has(port.slot) || (sample.type_of(port.slot) & wanted) == SlotType::none)
        throw SampleError(fmt::format("the stage declares that it writes {} to slot '{}', but {}",
                                      name_of(port.types), port.slot,
                                      sample.has(port.slot)
                                          ? "wrote " + name_of(sample.type_of(port.slot))
                                          : "wrote nothing"));
    }
  }

  // What could not be known before the pixels were: an image of a type that the stage cannot take.
  static void check_inputs(const PlannedStage& stage, const Sample& sample) {
    for (const auto& port : stage.reads) {
      if (!sample.has(port.slot)) {
        if (port.optional) continue;
        throw SampleError(fmt::format("slot '{}' is empty", port.slot));
      }
      const SlotType actual = sample.type_of(port.slot);
      const SlotType accepted = (port.types & SlotType::mask) != SlotType::none
                                    ? port.types | SlotType::grey8
                                    : port.types;
      if ((actual & accepted) == SlotType::none)
        throw SampleError(fmt::format("slot '{}' holds {}, the stage takes {}{}", port.slot,
                                      name_of(actual), name_of(port.types),
                                      actual == SlotType::rgb8 ? "; put to-grey before it" : ""));
    }
  }

  // Runs one step of one sample's way; an exception quarantines it, unless the run itself is at an
  // end.
  template <typename Step>
  void guarded(Work& work, const std::string& stage, Step step) {
    if (!work.alive) return;
    const auto start = Clock::now();
    try {
      step();
    } catch (const RunError&) {
      throw;
    } catch (const std::bad_alloc&) {
      work.fail(stage, "not enough memory");
    } catch (const std::exception& e) {
      work.fail(stage, e.what());
    } catch (...) {
      work.fail(stage, "an exception of an unknown kind");
    }
    work.sample.wire(nullptr, nullptr);
    work.record.seconds += seconds_since(start);
    if (!work.alive && stage == "read") stop_if_input_vanished();
  }

  void stop_if_input_vanished() const {
    std::error_code error;
    if (!fs::exists(plan_.list.root, error))
      throw RunError(
          fmt::format("the input {} is not there any more; when it is back, --resume goes on",
                      plan_.list.root.string()));
  }

  template <typename Body>
  static void for_each_alive(std::vector<Work>& works, Body body) {
    if (works.size() == 1) {
      if (works.front().alive) body(works.front());
      return;
    }
    tbb::parallel_for(std::size_t{0}, works.size(), [&](std::size_t i) {
      if (works[i].alive) body(works[i]);
    });
  }

  void finish(Work& work, PendingOutputs& outputs) {
    if (work.alive)
      guarded(work, "save", [&] {
        outputs.publish(work.record.id, work.record);
        work.record.done = true;
      });
    if (!work.alive) {
      outputs.discard(work.record.id);
      work.record.files.clear();
      work.record.rows.clear();
    }
    work.record.warnings = work.sample.warnings();
  }

  void enter(const std::string& path, const std::vector<SampleRecord>& records) {
    workspace_.ledger().enter(path, records);
    const std::lock_guard lock(mutex_);
    for (const auto& record : records) ++(record.done ? summary_.done : summary_.quarantined);
    if (options_.max_failures && summary_.quarantined > *options_.max_failures)
      too_many_failures_ = true;
    observer_.finished_file(records);
  }

  const Pipeline& pipeline_;
  const RunOptions& options_;
  const RunPlan& plan_;
  RunObserver& observer_;
  const std::atomic<bool>& stop_;
  Workspace workspace_;
  ClaimedNames names_;
  MemoryBudget budget_;
  std::uint64_t seed_ = 1;
  std::string fingerprint_;
  std::vector<std::int64_t> todo_;
  std::mutex mutex_;
  std::atomic<bool> too_many_failures_ = false;
  std::atomic<bool> left_undone_ = false;
  RunSummary summary_;
};

void check_output_folder(const RunOptions& options, RunPlan& plan) {
  std::error_code error;
  const auto& out = options.output;
  if (out.empty()) throw ConfigError("OUT is an empty name");
  if (fs::exists(out, error) && !fs::is_directory(out, error))
    throw ConfigError(fmt::format("OUT {} is a file, expected a folder", out.string()));
  plan.earlier_run = holds_run(out);
  if (options.resume && options.overwrite)
    throw ConfigError("--resume and --overwrite exclude each other");
  if (options.dry_run) return;
  if (plan.earlier_run && !options.resume && !options.overwrite)
    throw ConfigError(fmt::format(
        "{} holds an earlier run: --resume does what is missing in it, --overwrite replaces it",
        out.string()));
  fs::directory_iterator it(out, error);
  const auto other_content = [&] {
    for (; !error && it != fs::directory_iterator(); it.increment(error))
      if (it->path().filename() != ".smear") return true;
    return false;
  };
  if (!plan.earlier_run && !error && other_content())
    throw ConfigError(
        fmt::format("{} is not empty and holds no run: choose a new folder", out.string()));
}

}  // namespace

std::string_view name_of(RunEnd end) {
  switch (end) {
    case RunEnd::complete: return "complete";
    case RunEnd::interrupted: return "interrupted";
    case RunEnd::too_many_failures: return "too many failures";
  }
  return "";
}

RunPlan plan_run(const Pipeline& pipeline, const RunOptions& options) {
  RunPlan plan;
  check_output_folder(options, plan);
  plan.list = find_files(options.input, options.output, pipeline.input);
  const auto files = static_cast<std::int64_t>(plan.list.files.size());
  for (std::int64_t i = 0; i < files; ++i) {
    if (options.limit && static_cast<std::int64_t>(plan.selected.size()) >= *options.limit) break;
    if (options.shard.takes(plan.list.files[static_cast<std::size_t>(i)]))
      plan.selected.push_back(i);
  }
  if (files == 0 && plan.list.unreadable.empty())
    throw ConfigError(fmt::format("no file under {} matches {}", options.input.string(),
                                  fmt::join(pipeline.input.include, ", ")));
  check_collisions(pipeline, plan.list);
  return plan;
}

RunSummary run_pipeline(const Pipeline& pipeline, const RunOptions& options, const RunPlan& plan,
                        RunObserver& observer, const std::atomic<bool>& stop) {
  open_stages(pipeline);
  return Runner(pipeline, options, plan, observer, stop).run();
}

}  // namespace smear
