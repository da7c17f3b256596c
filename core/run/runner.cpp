// SPDX-License-Identifier: Apache-2.0
#include "run/runner.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <chrono>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "codec/codec.h"
#include "run/memory-budget.h"
#include "run/name-template.h"
#include "run/outputs.h"
#include "run/results.h"
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

/// Size and modification time of an input: when they change, the file is done again.
struct FileStamp {
  std::int64_t size = 0;
  std::int64_t time = 0;
  bool operator==(const FileStamp&) const = default;
};

FileStamp stamp_of(const fs::path& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return {};
  return {info.st_size, std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
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
    seed_ = options.seed ? *options.seed : stored.empty() ? 1 : std::stoull(stored);
    fingerprint_ = content_hash(pipeline.fingerprint() + std::to_string(seed_));
  }

  RunSummary run() {
    const auto start = Clock::now();
    const double started = now();
    workspace_.ledger().set_meta("seed", std::to_string(seed_));
    find_todo();
    summary_.files = static_cast<std::int64_t>(plan_.selected.size());
    observer_.started(summary_.files, summary_.kept);
    enter_unreadable();
    work();
    if (stop_) summary_.end = RunEnd::interrupted;
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
  void find_todo() {
    std::unordered_set<std::string> kept;
    if (plan_.earlier_run && !options_.overwrite) kept = find_kept();
    for (const auto position : plan_.selected) {
      const auto& path = plan_.list.files[static_cast<std::size_t>(position)];
      if (kept.contains(path))
        ++summary_.kept;
      else
        todo_.push_back(position);
    }
  }

  std::unordered_set<std::string> find_kept() {
    std::unordered_map<std::string, std::int64_t> positions;
    for (std::size_t i = 0; i < plan_.list.files.size(); ++i)
      positions.emplace(plan_.list.files[i], static_cast<std::int64_t>(i));
    std::unordered_set<std::string> kept;
    std::unordered_set<std::string> broken;
    std::vector<std::pair<std::string, std::int64_t>> moved;
    workspace_.ledger().for_each([&](const SampleRecord& record) {
      const auto it = positions.find(record.id.path);
      if (it == positions.end()) return;
      if (it->second != record.position) moved.emplace_back(record.id.path, it->second);
      const FileStamp stamp{record.file_size, record.file_time};
      const bool good = record.done && record.fingerprint == fingerprint_ &&
                        stamp == stamp_of(plan_.list.root / record.id.path);
      (good ? kept : broken).insert(record.id.path);
    });
    for (const auto& [path, position] : moved) workspace_.ledger().set_position(path, position);
    std::erase_if(
        kept, [&](const std::string& path) { return broken.contains(path) || !files_stand(path); });
    return kept;
  }

  bool files_stand(const std::string& path) {
    for (const auto& record : workspace_.ledger().find(path))
      for (const auto& file : record.files) {
        std::error_code error;
        const auto size = fs::file_size(workspace_.out() / file.name, error);
        if (error || static_cast<std::int64_t>(size) != file.size) return false;
      }
    return true;
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

  void process_batch(std::uint64_t number, const std::vector<std::int64_t>& positions) {
    std::vector<Work> works;
    for (const auto position : positions) works.push_back(new_work(position, 0));
    const MemoryBudget::Share share(budget_, prepare(works));
    PendingOutputs outputs(workspace_.out(), workspace_.staging(number));
    for_each_alive(works, [&](Work& work) { read(work); });
    run_stages(works, outputs);
    for (auto& work : works) finish(work, outputs);
    for (auto& work : works) enter(work.record.id.path, {work.record});
  }

  void process_pages(std::uint64_t number, std::int64_t position) {
    PendingOutputs outputs(workspace_.out(), workspace_.staging(number));
    std::vector<SampleRecord> records;
    const auto& path = plan_.list.files[static_cast<std::size_t>(position)];
    int pages = 1;
    try {
      pages = codec::peek(plan_.list.root / path).pages;
    } catch (const SampleError&) {
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
    if (!stop_) enter(path, records);
  }

  Work new_work(std::int64_t position, int part) {
    const auto& path = plan_.list.files[static_cast<std::size_t>(position)];
    Work work{Sample(SampleId{path, part}), {}, true};
    const auto stamp = stamp_of(plan_.list.root / path);
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
        const auto header = codec::peek(plan_.list.root / work.record.id.path);
        const auto bytes = estimated_bytes(std::int64_t{header.width} * header.height);
        if (std::int64_t{header.width} * header.height <= pipeline_.input.max_pixels &&
            bytes > budget_.limit())
          throw SampleError(
              fmt::format("{} x {} pixels need about {} MiB, the limit is {} MiB (--ram)",
                          header.width, header.height, bytes >> 20, budget_.limit() >> 20));
        total += bytes;
      });
    }
    return total;
  }

  void read(Work& work) {
    guarded(work, "read", [&] {
      const codec::ReadOptions options{pipeline_.input.max_pixels, work.record.id.part};
      const Image image = codec::read_image(plan_.list.root / work.record.id.path, options);
      work.record.width = image.width();
      work.record.height = image.height();
      work.sample.set("source", image);
      work.sample.set("image", image);
    });
  }

  void run_stages(std::vector<Work>& works, PendingOutputs& outputs) {
    for (std::size_t i = 0; i < pipeline_.stages.size(); ++i) {
      const auto& stage = pipeline_.stages[i];
      const RunContext context(seed_, i, &outputs);
      outputs.set_stage(stage.name);
      if (stage.stage->preferred_batch() > 1 && works.size() > 1)
        run_together(stage, works, context);
      else
        for_each_alive(works, [&](Work& work) { run_alone(stage, work, context); });
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
    });
  }

  // A batch that throws is repeated one by one, so that only the culprit fails.
  void run_together(const PlannedStage& stage, std::vector<Work>& works,
                    const RunContext& context) {
    std::vector<Sample*> samples;
    for (auto& work : works) {
      if (!work.alive) continue;
      guarded(work, stage.name, [&] { check_inputs(stage, work.sample); });
      if (!work.alive) continue;
      work.sample.wire(&stage.inputs, &stage.outputs);
      samples.push_back(&work.sample);
    }
    if (samples.empty()) return;
    const auto start = Clock::now();
    try {
      stage.stage->process_batch(samples, context);
    } catch (const RunError&) {
      throw;
    } catch (const std::exception&) {
      for_each_alive(works, [&](Work& work) { run_alone(stage, work, context); });
      return;
    }
    for (auto& work : works) {
      if (!work.alive) continue;
      work.sample.wire(nullptr, nullptr);
      work.record.seconds += seconds_since(start) / static_cast<double>(samples.size());
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
    }
    work.sample.wire(nullptr, nullptr);
    work.record.seconds += seconds_since(start);
    if (!work.alive && stage == "read") stop_if_input_vanished();
  }

  void stop_if_input_vanished() const {
    std::error_code error;
    if (!fs::exists(plan_.list.root, error))
      throw RunError(fmt::format("the input {} is not there any more", plan_.list.root.string()));
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
        remove_stale_outputs(work.record.id);
        outputs.publish(work.record.id, work.record);
        work.record.done = true;
      });
    if (!work.alive) {
      outputs.discard(work.record.id);
      remove_stale_outputs(work.record.id);
      work.record.files.clear();
      work.record.rows.clear();
    }
    work.record.warnings = work.sample.warnings();
  }

  // Files that an earlier, different pipeline saved for this sample.
  void remove_stale_outputs(const SampleId& id) {
    if (!plan_.earlier_run || options_.overwrite) return;
    for (const auto& record : workspace_.ledger().find(id.path))
      if (record.id == id)
        for (const auto& file : record.files) workspace_.remove_output(file.name);
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
  MemoryBudget budget_;
  std::uint64_t seed_ = 1;
  std::string fingerprint_;
  std::vector<std::int64_t> todo_;
  std::mutex mutex_;
  std::atomic<bool> too_many_failures_ = false;
  RunSummary summary_;
};

void check_output_folder(const RunOptions& options, RunPlan& plan) {
  std::error_code error;
  const auto& out = options.output;
  if (fs::exists(out, error) && !fs::is_directory(out, error))
    throw ConfigError(fmt::format("OUT {} is a file, expected a folder", out.string()));
  plan.earlier_run = holds_run(out);
  if (options.resume && options.overwrite)
    throw ConfigError("--resume and --overwrite exclude each other");
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

// {stem} and its like can make two inputs one output; a run would lose one of them.
void check_collisions(const Pipeline& pipeline, const RunPlan& plan) {
  for (const auto& stage : pipeline.stages)
    for (const auto& option : stage.spec.options()) {
      if (option.kind != OptionKind::output) continue;
      const auto name_template = to_string(stage.values.at(option.name));
      if (name_template.empty() || always_unique(name_template)) continue;
      std::unordered_map<std::string, std::size_t> files;
      for (std::size_t i = 0; i < plan.list.files.size(); ++i) {
        const auto [it, added] = files.emplace(expand(name_template, {plan.list.files[i], 0}), i);
        if (!added)
          throw ConfigError(fmt::format(
              "stage '{}': '{}' and '{}' would both be saved as '{}'; use {{id}} in '{}'",
              stage.name, plan.list.files[it->second], plan.list.files[i], it->first, option.name));
      }
      if (pipeline.input.pages && name_template.find("{part}") == std::string::npos)
        throw ConfigError(fmt::format(
            "stage '{}': '{}' would give all pages of a file one name; use {{id}} or {{part}}",
            stage.name, name_template));
    }
}

}  // namespace

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
  check_collisions(pipeline, plan);
  return plan;
}

RunSummary run_pipeline(const Pipeline& pipeline, const RunOptions& options, const RunPlan& plan,
                        RunObserver& observer, const std::atomic<bool>& stop) {
  for (const auto& stage : pipeline.stages) stage.stage->open();
  return Runner(pipeline, options, plan, observer, stop).run();
}

}  // namespace smear
