// SPDX-License-Identifier: Apache-2.0
#include "study/condition-runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "run/ledger.h"
#include "run/outputs.h"
#include "run/runner.h"
#include "run/workspace.h"

namespace smear::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr std::string_view summary_name = "condition.json";

/// Tells how many images are through.
class Counter final : public RunObserver {
 public:
  explicit Counter(const std::function<void(std::int64_t)>& done) : done_(done) {}
  void started(std::int64_t, std::int64_t kept, const std::vector<std::string>&) override {
    count_ = kept;
    done_(count_);
  }
  void finished_file(const std::vector<SampleRecord>&) override { done_(++count_); }
  void writing_results() override {}

 private:
  const std::function<void(std::int64_t)>& done_;
  std::int64_t count_ = 0;
};

}  // namespace

std::string ConditionRunner::key_of(const Pipeline& pipeline,
                                    const std::vector<InputImage>& images) const {
  std::string text = fmt::format("{} {}\n", pipeline.fingerprint(), seed_);
  for (const auto& image : images) text += fmt::format("{} {}\n", image.name, image.pixels);
  return content_hash(text);
}

std::optional<ConditionResult> ConditionRunner::standing(const std::string& id,
                                                         const std::string& key) const {
  const auto file = folder(id) / summary_name;
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  const auto summary = ordered_json::parse(config::read_bytes(file), nullptr, false);
  if (!summary.is_object() || summary.value("key", "") != key) return std::nullopt;
  ConditionResult result;
  for (const auto& failed : summary.value("failed", ordered_json::array()))
    result.failed.push_back({failed.value("image", ""), failed.value("reason", "")});
  return result;
}

// Only what does not tell of times is taken over from the run.
ConditionResult ConditionRunner::publish(const std::string& id, const std::string& key,
                                         const std::string& pipeline) const {
  const auto run = working_ / id;
  const auto made = run / ".smear" / "published";
  std::error_code error;
  fs::remove_all(made, error);
  fs::create_directories(made);
  std::vector<FailedImage> failed;
  {
    const Ledger ledger(ledger_of(run), Ledger::Mode::open);
    ledger.for_each_in_order(Ledger::Detail::sample, [&](const SampleRecord& record) {
      if (!record.done)
        failed.push_back(
            {to_string(record.id), fmt::format("{}: {}", record.stage, record.reason)});
    });
    for (const auto& table : ledger.tables())
      if (fs::exists(run / table, error)) fs::rename(run / table, made / table);
  }
  if (fs::exists(run / "generated", error)) fs::rename(run / "generated", made / "generated");
  write_whole(made / "pipeline.yaml", pipeline);
  auto failures = ordered_json::array();
  for (const auto& image : failed)
    failures.push_back({{"image", image.name}, {"reason", image.reason}});
  const ordered_json summary{{"condition", id}, {"key", key}, {"failed", failures}};
  write_whole(made / summary_name,
              summary.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  fs::create_directories(folder(id).parent_path());
  fs::remove_all(folder(id));
  fs::rename(made, folder(id));
  fs::remove_all(run, error);
  return {std::move(failed)};
}

std::optional<ConditionResult> ConditionRunner::run(const std::string& id,
                                                    const std::string& pipeline_text,
                                                    const std::vector<InputImage>& images,
                                                    const std::function<void(std::int64_t)>& done,
                                                    const std::atomic<bool>& stop) {
  // Relative paths of models start where the pipeline will stand.
  const auto pipeline = parse_pipeline(pipeline_text, folder(id) / "pipeline.yaml", registry_);
  const auto key = key_of(pipeline, images);
  if (auto result = standing(id, key)) {
    done(std::ssize(images));
    return result;
  }
  RunOptions options;
  options.input = input_;
  options.output = working_ / id;
  options.jobs = jobs_;
  options.resume = true;
  options.seed = seed_;
  RunPlan plan;
  plan.list.root = input_;
  plan.earlier_run = holds_run(options.output);
  for (const auto& image : images) {
    plan.selected.push_back(std::ssize(plan.list.files));
    plan.list.files.push_back(image.name);
    plan.list.outside.emplace(image.name, image.file);
  }
  Counter counter(done);
  const auto summary = run_pipeline(pipeline, options, plan, counter, stop);
  if (summary.end == RunEnd::interrupted) return std::nullopt;
  return publish(id, key, pipeline_text);
}

void ConditionRunner::prune(const std::vector<std::string>& ids) const {
  std::vector<fs::path> old;
  for (const auto& base : {folder_, working_}) {
    std::error_code error;
    for (fs::directory_iterator grid(base, error); !error && grid != fs::directory_iterator();
         grid.increment(error)) {
      bool any = false;
      std::error_code inner;
      for (fs::directory_iterator it(grid->path(), inner); !inner && it != fs::directory_iterator();
           it.increment(inner)) {
        const auto id =
            fmt::format("{}/{}", grid->path().filename().string(), it->path().filename().string());
        if (std::ranges::find(ids, id) == ids.end())
          old.push_back(it->path());
        else
          any = true;
      }
      if (!any) old.push_back(grid->path());
    }
  }
  std::error_code ignored;
  for (const auto& path : old) fs::remove_all(path, ignored);
}

}  // namespace smear::study
