// SPDX-License-Identifier: Apache-2.0
#include "run/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "config/libraries.h"
#include "config/version.h"
#include "config/yaml.h"
#include "report/report.h"
#include "run/display-path.h"
#include "run/name-template.h"
#include "run/origin.h"
#include "run/outputs.h"
#include "run/planned-files.h"
#include "run/run-file.h"
#include "run/tables.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string dump(const json& value, int indent = 2) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

json stages_of(const Pipeline& pipeline) {
  json stages = json::array();
  for (const auto& stage : pipeline.stages) {
    json one{{"name", stage.name}, {"options", json::object()}};
    for (const auto& [name, value] : stage.values) one["options"][name] = to_string(value);
    if (!stage.inputs.empty()) one["inputs"] = stage.inputs;
    if (!stage.outputs.empty()) one["outputs"] = stage.outputs;
    stages.push_back(std::move(one));
  }
  return stages;
}

json plugins_of(const Pipeline& pipeline) {
  json plugins = json::object();
  const auto add = [&](const Registry::Plugin& plugin) {
    if (!plugin.name.empty() && !plugins.contains(plugin.name))
      plugins[plugin.name] = {{"version", plugin.version},
                              {"sha256", content_hash(config::read_bytes(plugin.library))}};
  };
  for (const auto& stage : pipeline.stages) {
    add(stage.plugin);
    for (const auto& chosen : stage.reparameterizations) add(chosen.plugin);
  }
  return plugins;
}

json models_of(const Pipeline& pipeline) {
  json models = json::object();
  for (const auto& stage : pipeline.stages)
    for (const auto* option : stage.options())
      if (const auto file = to_string(stage.values.at(option->name));
          option->kind == OptionKind::model && !file.empty())
        models[display(file)] = {{"sha256", content_hash(config::read_bytes(file))}};
  return models;
}

json tables_of(const Pipeline& pipeline) {
  json tables = json::array();
  for (const auto& stage : pipeline.stages)
    for (const auto& option : stage.spec.options())
      if (const auto name = to_string(stage.values.at(option.name));
          option.kind == OptionKind::run_file && !name.empty() &&
          std::ranges::find(tables, json(name)) == tables.end())
        tables.push_back(name);
  return tables;
}

json provenance_of(const RunFacts& facts) {
  const auto& pipeline = facts.pipeline;
  const auto& options = facts.options;
  json command = json::array();
  for (const auto& word : options.command) command.push_back(display(word));
  return {
      {"smear_version", version()},
      {"pipeline", pipeline.name},
      {"pipeline_file", display(pipeline.file)},
      {"pipeline_sha256", content_hash(pipeline.text)},
      {"pipeline_fingerprint", pipeline.fingerprint()},
      {"pipeline_text", pipeline.text},
      {"stages", stages_of(pipeline)},
      {"tables", tables_of(pipeline)},
      {"plugins", plugins_of(pipeline)},
      {"models", models_of(pipeline)},
      {"input", display(fs::absolute(options.input).lexically_normal().string())},
      {"shard", fmt::format("{}/{}", options.shard.index, options.shard.count)},
      {"seed", facts.seed},
      {"jobs", facts.jobs},
      {"command", std::move(command)},
      {"host", host_name()},
      {"started", utc_time(facts.started)},
      {"seconds", facts.summary.seconds},
      {"end", name_of(facts.summary.end)},
      {"files", facts.summary.files},
      {"kept_from_earlier_run", facts.summary.kept},
      {"libraries", library_versions()},
  };
}

/// Gathers what the report shows; the shapes of objects by class.
class ReportMaker {
 public:
  explicit ReportMaker(json provenance) {
    report_.title = provenance.value("pipeline", "run");
    report_.provenance = std::move(provenance);
  }

  void add(const SampleRecord& record) {
    report::SampleRow row;
    row.id = to_string(record.id);
    row.done = record.done;
    row.stage = record.stage;
    row.reason = record.reason;
    row.warnings = record.warnings;
    row.seconds = record.seconds;
    for (const auto& file : record.files)
      if (file.stage == "overlay") row.preview = file.name;
    const auto table =
        std::ranges::find_if(record.rows, [](const auto& rows) { return !rows.summary.empty(); });
    if (table != record.rows.end()) add_objects(json::parse(table->summary), row);
    report_.samples.push_back(std::move(row));
  }

  void write(const fs::path& file) {
    for (auto& [key, values] : shapes_)
      report_.series.push_back({key.first, key.second, std::move(values)});
    report::write(report_, file);
  }

 private:
  void add_objects(const json& summary, report::SampleRow& row) {
    row.counts = summary["counts"].get<std::map<std::string, std::int64_t>>();
    for (const auto& [group, measures] : summary["values"].items())
      for (const auto& [measure, numbers] : measures.items()) {
        auto& values = shapes_[{measure, group}];
        for (const auto& number : numbers) values.push_back(number.get<float>());
      }
  }

  report::Report report_;
  std::map<std::pair<std::string, std::string>, std::vector<float>> shapes_;
};

void copy_whole(const fs::path& from, const fs::path& to) {
  write_whole(to, [&](const fs::path& temporary) {
    std::error_code error;
    fs::copy_file(from, temporary, fs::copy_options::overwrite_existing, error);
    if (error)
      throw RunError(fmt::format("cannot copy {} to {}: {}", display(from.string()),
                                 display(to.string()), error.message()));
  });
}

json joined_provenance(const std::vector<json>& parts) {
  json result = parts.front();
  std::set<std::string> tables;
  json shards = json::array();
  double seconds = 0.0;
  std::int64_t files = 0;
  for (const auto& part : parts) {
    for (const auto& table : part["tables"]) tables.insert(table.get<std::string>());
    shards.push_back({{"shard", part["shard"]},
                      {"host", part["host"]},
                      {"started", part["started"]},
                      {"seconds", part["seconds"]},
                      {"command", part["command"]},
                      {"end", part["end"]}});
    seconds += part["seconds"].get<double>();
    files += part["files"].get<std::int64_t>();
    if (part["end"] != "complete") result["end"] = part["end"];
  }
  result["tables"] = tables;
  result["shards"] = std::move(shards);
  result["seconds"] = seconds;
  result["files"] = files;
  result["shard"] = "1/1";
  return result;
}

// Runs may be joined when the same pipeline made them from the same seed.
void check_same_origin(const json& a, const json& b, const fs::path& run_a, const fs::path& run_b) {
  for (const char* key : {"pipeline_fingerprint", "seed"})
    if (a[key] != b[key])
      throw ConfigError(fmt::format("{} and {} are runs of different {}s and cannot be joined",
                                    run_a.string(), run_b.string(),
                                    std::string_view(key) == "seed" ? "seed" : "pipeline"));
}

// Together the parts must be all of one run.
void check_complete(const std::vector<json>& parts, const std::vector<fs::path>& runs) {
  std::set<int> indices;
  int count = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto shard = Shard::parse(parts[i]["shard"].get<std::string>());
    if (parts[i]["end"] != "complete")
      throw ConfigError(fmt::format("the run in {} is not complete ({}): continue it with --resume",
                                    runs[i].string(), parts[i]["end"].get<std::string>()));
    if (count != 0 && shard.count != count)
      throw ConfigError(fmt::format("{} is a shard of {}, the others are shards of {}",
                                    runs[i].string(), shard.count, count));
    count = shard.count;
    if (!indices.insert(shard.index).second)
      throw ConfigError(fmt::format("shard {}/{} is there twice, the second time in {}",
                                    shard.index, count, runs[i].string()));
  }
  for (int index = 1; index <= count; ++index)
    if (!indices.contains(index))
      throw ConfigError(fmt::format("shard {}/{} is missing", index, count));
}

void check_merge_target(const fs::path& out, bool overwrite) {
  std::error_code error;
  if (out.empty()) throw ConfigError("OUT is an empty name");
  if (fs::exists(out, error) && !fs::is_empty(out, error) && !(overwrite && holds_run(out)))
    throw ConfigError(fmt::format("{} is not empty{}", out.string(),
                                  holds_run(out) ? ": --overwrite replaces the run in it" : ""));
}

// Before anything is written: samples that two runs did, and names that two samples took.
void check_joinable(const std::vector<fs::path>& runs) {
  ClaimedNames names;
  std::map<std::string, const fs::path*> done;  // which run did a file
  for (const auto& run : runs) {
    const Ledger ledger(ledger_of(run), Ledger::Mode::read_only);
    ledger.for_each_in_order(Ledger::Detail::all, [&](const SampleRecord& record) {
      if (const auto there = done.find(record.id.path);
          there != done.end() && there->second != &run)
        throw ConfigError(fmt::format("two of the runs hold {}: they are no shards of one run",
                                      display(record.id.path)));
      if (record.done) done.emplace(record.id.path, &run);
      for (const auto& file : record.files) names.claim(file.name, record.id);
    });
  }
}

void copy_run(const fs::path& run, Workspace& workspace) {
  const Ledger ledger(ledger_of(run), Ledger::Mode::read_only);
  std::vector<std::string> paths;
  ledger.for_each([&](const SampleRecord& record) {
    if (paths.empty() || paths.back() != record.id.path) paths.push_back(record.id.path);
  });
  for (const auto& path : paths) {
    const auto records = ledger.find(path);
    for (const auto& record : records)
      for (const auto& file : record.files)
        copy_whole(run / file.name, workspace.out() / file.name);
    workspace.ledger().enter(path, records);
  }
}

json parse_meta(const Ledger& ledger, const std::string& key) {
  try {
    return json::parse(ledger.meta(key));
  } catch (const json::exception&) {
    throw RunError(fmt::format("the run's ledger is damaged: its entry '{}' cannot be read", key));
  }
}

// Every invocation that had a part in the run, the last one too.
json invocations_with(Ledger& ledger, const json& run) {
  auto all = ledger.meta("invocations").empty() ? json::array() : parse_meta(ledger, "invocations");
  json one;
  for (const char* key :
       {"command", "host", "jobs", "started", "seconds", "end", "files", "kept_from_earlier_run"})
    one[key] = run[key];
  all.push_back(std::move(one));
  ledger.set_meta("invocations", dump(all));
  return all;
}

}  // namespace

std::uint64_t parse_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc{} || end != text.data() + text.size())
    throw RunError("the run's ledger is damaged: its seed is no number");
  return seed;
}

void begin_run(Workspace& workspace, const Pipeline& pipeline, std::uint64_t seed) {
  auto& ledger = workspace.ledger();
  const auto tables = tables_of(pipeline);
  if (!ledger.meta("tables").empty())
    for (const auto& table : parse_meta(ledger, "tables"))
      if (std::ranges::find(tables, table) == tables.end() &&
          !problem_with_output(table.get<std::string>()))
        workspace.remove_output(table.get<std::string>());
  ledger.set_meta("tables", dump(tables));
  ledger.set_meta("run", "");
  ledger.set_meta("seed", std::to_string(seed));
}

// Whether a stage saves a file of this name, relative to OUT, for the run or for a sample.
bool is_taken(const Ledger& ledger, const std::set<std::string>& tables, const std::string& name) {
  bool taken = tables.contains(name);
  ledger.for_each_file(
      [&](const SampleId&, const std::string& file) { taken = taken || file == name; });
  return taken;
}

void rewrite_results(Ledger& ledger, const fs::path& out) {
  auto provenance = parse_meta(ledger, "run");
  std::set<std::string> tables;
  for (const auto& table : ledger.tables()) tables.insert(table);
  for (const auto& table : provenance["tables"])
    if (const auto name = table.get<std::string>(); !problem_with_output(name)) tables.insert(name);
  const auto empty = empty_run_files(provenance);
  for (const auto& table : tables) {
    const auto found = empty.find(table);
    write_run_file(ledger, table, out / table,
                   found == empty.end() ? EmptyRunFile() : found->second);
  }
  ledger.set_meta("tables", dump(tables));  // those, too, that no option announced
  write_samples(ledger, out / "samples.csv");
  if (!is_taken(ledger, tables, "counts.csv")) write_counts(ledger, out / "counts.csv");

  std::int64_t done = 0;
  std::int64_t quarantined = 0;
  ledger.for_each([&](const SampleRecord& record) { ++(record.done ? done : quarantined); });
  provenance["samples_done"] = done;
  provenance["samples_quarantined"] = quarantined;
  write_whole(out / "run.json", dump(provenance) + "\n");

  ReportMaker report(std::move(provenance));
  ledger.for_each_in_order(Ledger::Detail::all,
                           [&](const SampleRecord& record) { report.add(record); });
  report.write(out / "report.html");
}

void write_results(Workspace& workspace, const RunFacts& facts) {
  auto provenance = provenance_of(facts);
  provenance["invocations"] = invocations_with(workspace.ledger(), provenance);
  workspace.ledger().set_meta("run", dump(provenance));
  rewrite_results(workspace.ledger(), workspace.out());
}

bool merge_runs(const std::vector<fs::path>& runs, const fs::path& out, bool overwrite) {
  std::vector<json> parts;
  std::set<std::string> fingerprints;
  for (const auto& run : runs) {
    if (!holds_run(run)) throw ConfigError(fmt::format("{} holds no run", run.string()));
    std::error_code error;
    if (fs::equivalent(run, out, error))
      throw ConfigError(fmt::format("{} cannot be merged into itself", run.string()));
    const Ledger ledger(ledger_of(run), Ledger::Mode::read_only);
    if (ledger.meta("run").empty())
      throw ConfigError(
          fmt::format("the run in {} has not ended: continue it with --resume", run.string()));
    parts.push_back(parse_meta(ledger, "run"));
    check_same_origin(parts.front(), parts.back(), runs.front(), run);
    for (const auto& fingerprint : ledger.fingerprints()) fingerprints.insert(fingerprint);
  }
  if (fingerprints.size() > 1)
    throw ConfigError("the runs hold samples of different pipelines and cannot be joined");
  check_complete(parts, runs);
  check_merge_target(out, overwrite);
  try {
    check_joinable(runs);
  } catch (const SampleError& e) {
    throw ConfigError(fmt::format("the runs cannot be joined: {}", e.what()));
  }

  Workspace workspace(out, overwrite ? Workspace::Open::overwrite : Workspace::Open::create);
  for (const auto& run : runs) copy_run(run, workspace);
  const auto joined = joined_provenance(parts);
  workspace.ledger().set_meta("seed", std::to_string(joined["seed"].get<std::uint64_t>()));
  workspace.ledger().set_meta("tables", dump(joined["tables"]));
  workspace.ledger().set_meta("run", dump(joined));
  rewrite_results(workspace.ledger(), out);
  bool quarantined = false;
  workspace.ledger().for_each(
      [&](const SampleRecord& record) { quarantined = quarantined || !record.done; });
  return quarantined;
}

}  // namespace smear
