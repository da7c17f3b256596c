// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "smear/sample.h"

namespace smear {

/// What a run knows of one sample when it is done with it.
struct SampleRecord {
  SampleId id;
  std::int64_t position = 0;  ///< in the input order of the whole input, not of a shard
  bool done = false;          ///< else quarantined
  std::string stage;          ///< where it failed
  std::string reason;         ///< why
  std::vector<std::string> warnings;
  int width = 0;
  int height = 0;
  double started = 0.0;  ///< seconds since 1970
  double seconds = 0.0;
  std::string fingerprint;     ///< of the pipeline
  std::int64_t file_size = 0;  ///< of the input, to notice that it changed
  std::int64_t file_time = 0;  ///< modification time, nanoseconds

  struct File {
    std::string name;  ///< relative to OUT
    std::string stage;
    std::int64_t size = 0;
  };
  std::vector<File> files;

  /// What a sample appended to a table of the run, as text that is ready to be written: the worker
  /// that had the sample formats it, so that the end of a run only joins.
  struct Rows {
    std::string file;     ///< the run's table that they belong to
    std::string form;     ///< "" a table as below; else `csv` is a piece of a file of that form
    std::string header;   ///< the columns as a CSV record without line feed
    std::string csv;      ///< one record a row, each with its line feed
    std::string summary;  ///< {"counts": {class: n}, "values": {class: {measure: [...]}}} or ""
  };
  std::vector<Rows> rows;
};

/// The run's memory, `OUT/.smear/ledger.db`: an SQLite database in WAL mode. A sample is entered in
/// one transaction after its files stand under their final names, so that what the ledger says is
/// true at any instant. Every method may be called from any thread and throws `RunError` where
/// the database cannot be read or written, or names a file outside OUT.
class Ledger {
 public:
  enum class Mode { create, open, read_only };
  Ledger(const std::filesystem::path& file, Mode mode);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  void set_meta(const std::string& key, const std::string& value);
  [[nodiscard]] std::string meta(const std::string& key) const;  ///< "" where not set

  /// Enters a file's samples, in place of whatever was known of it.
  void enter(const std::string& path, const std::vector<SampleRecord>& records);

  /// Forgets a file's samples.
  void forget(const std::string& path);

  /// Without files and rows: what resuming looks at. One entry a sample, ordered by path and part.
  void for_each(const std::function<void(const SampleRecord&)>& visit) const;

  /// A file's samples, with files and rows, ordered by part.
  [[nodiscard]] std::vector<SampleRecord> find(const std::string& path) const;

  /// The output files of a path's samples.
  [[nodiscard]] std::vector<SampleRecord::File> files_of(const std::string& path) const;

  void set_positions(const std::unordered_map<std::string, std::int64_t>& positions);

  /// How much of a sample to read.
  enum class Detail { sample, all };

  /// Calls `visit` for every sample in input order, with files and rows if asked for.
  void for_each_in_order(Detail detail,
                         const std::function<void(const SampleRecord&)>& visit) const;

  /// The form of a table's rows or pieces; "" where there are none.
  [[nodiscard]] std::string form_of(const std::string& table) const;

  /// Whether anything was appended to a table.
  [[nodiscard]] bool has_rows(const std::string& table) const;

  /// Calls `visit(sample, name)` for every output file of every sample.
  void for_each_file(const std::function<void(const SampleId&, const std::string&)>& visit) const;

  /// The different headers that a table's rows have, in input order of their first appearance.
  [[nodiscard]] std::vector<std::string> headers(const std::string& table) const;

  /// Calls `visit(sample, header, csv)` for what was appended to a table, in input order.
  void for_each_rows(const std::string& table,
                     const std::function<void(const SampleId&, const std::string&,
                                              const std::string&)>& visit) const;

  /// The fingerprints that the samples have; more than one where pipelines are mixed.
  [[nodiscard]] std::vector<std::string> fingerprints() const;

  /// The names of the tables that rows were entered for, sorted.
  [[nodiscard]] std::vector<std::string> tables() const;

 private:
  class Impl;
  class Query;
  class Transaction;
  void erase(const std::string& path);
  void complete(SampleRecord& record) const;

  std::unique_ptr<Impl> impl_;
};

}  // namespace smear
