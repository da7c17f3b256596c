// SPDX-License-Identifier: Apache-2.0
#include "run/ledger.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "run/name-template.h"
#include "smear/errors.h"

namespace smear {
namespace {

constexpr auto schema = R"(
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS samples(
  path BLOB NOT NULL, part INTEGER NOT NULL, position INTEGER NOT NULL, done INTEGER NOT NULL,
  stage TEXT NOT NULL, reason TEXT NOT NULL, warnings TEXT NOT NULL, width INTEGER NOT NULL,
  height INTEGER NOT NULL, started REAL NOT NULL, seconds REAL NOT NULL, fingerprint TEXT NOT NULL,
  file_size INTEGER NOT NULL, file_time INTEGER NOT NULL, PRIMARY KEY(path, part)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS samples_in_order ON samples(position, part);
CREATE TABLE IF NOT EXISTS files(
  path BLOB NOT NULL, part INTEGER NOT NULL, name BLOB NOT NULL, stage TEXT NOT NULL,
  size INTEGER NOT NULL, PRIMARY KEY(path, part, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rows(
  path BLOB NOT NULL, part INTEGER NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL,
  form TEXT NOT NULL, header TEXT NOT NULL, csv TEXT NOT NULL, summary TEXT NOT NULL,
  PRIMARY KEY(path, part, number)) WITHOUT ROWID;
)";

constexpr auto sample_columns =
    "path, part, position, done, stage, reason, warnings, width, height, started, seconds, "
    "fingerprint, file_size, file_time";

constexpr int version_of_ledger = 2;

// Runs are passed on: a ledger from elsewhere must not make us write or delete outside OUT.
std::string checked_name(std::string name) {
  if (const auto problem = problem_with_output(name))
    throw RunError(fmt::format("the run's ledger is damaged: an output file {}", *problem));
  return name;
}

std::string dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

class Ledger::Impl {
 public:
  Impl(const std::filesystem::path& file, Mode mode) : file_(file.string()) {
    int flags = SQLITE_OPEN_FULLMUTEX;
    flags |= mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (mode == Mode::create) flags |= SQLITE_OPEN_CREATE;
    check(sqlite3_open_v2(file.c_str(), &database_, flags, nullptr));
    sqlite3_busy_timeout(database_, 10'000);
    check_version(mode);
    if (mode == Mode::read_only) return;
    // A power cut may lose the last transactions, which are then done again; a killed process
    // loses nothing.
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
    run(schema);
    run(fmt::format("PRAGMA user_version={}", version_of_ledger).c_str());
  }

  ~Impl() {
    for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void check(int code) const {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    throw RunError(
        fmt::format("the run's ledger {}: {}", file_,
                    database_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database_)));
  }

  void run(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }

  sqlite3_stmt* prepared(const std::string& sql) {
    auto& statement = statements_[sql];
    if (statement == nullptr)
      check(sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr));
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return statement;
  }

  std::recursive_mutex& mutex() { return mutex_; }

 private:
  // A new ledger has version 0 and no tables yet.
  void check_version(Mode mode) {
    sqlite3_stmt* statement = prepared("PRAGMA user_version");
    check(sqlite3_step(statement));
    const int version = sqlite3_column_int(statement, 0);
    sqlite3_reset(statement);
    if (version == version_of_ledger || (version == 0 && mode == Mode::create)) return;
    throw RunError(
        fmt::format("the run's ledger {} has version {}, this smear knows {}: continue the run "
                    "with the smear that "
                    "began it, or replace it with --overwrite",
                    file_, version, version_of_ledger));
  }

  std::recursive_mutex mutex_;
  std::string file_;
  sqlite3* database_ = nullptr;
  std::map<std::string, sqlite3_stmt*> statements_;
};

/// One execution of a prepared statement: binds and reads in column order.
class Ledger::Query {
 public:
  Query(Impl& impl, const std::string& sql) : impl_(impl), statement_(impl.prepared(sql)) {}
  ~Query() { sqlite3_reset(statement_); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& operator<<(std::int64_t value) {
    impl_.check(sqlite3_bind_int64(statement_, ++bound_, value));
    return *this;
  }
  Query& operator<<(double value) {
    impl_.check(sqlite3_bind_double(statement_, ++bound_, value));
    return *this;
  }
  Query& operator<<(const std::string& text) {
    impl_.check(sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                                  SQLITE_TRANSIENT));
    return *this;
  }
  // File names are bytes, and sort as bytes.
  Query& bytes(const std::string& value) {
    impl_.check(sqlite3_bind_blob(statement_, ++bound_, value.data(),
                                  static_cast<int>(value.size()), SQLITE_TRANSIENT));
    return *this;
  }

  /// The next row; false after the last.
  bool step() {
    column_ = 0;
    const int code = sqlite3_step(statement_);
    impl_.check(code);
    return code == SQLITE_ROW;
  }
  std::int64_t integer() { return sqlite3_column_int64(statement_, column_++); }
  double real() { return sqlite3_column_double(statement_, column_++); }
  std::string text() {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column_));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column_++));
    return data == nullptr ? std::string() : std::string(data, size);
  }

  SampleRecord record() {
    SampleRecord r;
    r.id.path = text();
    r.id.part = static_cast<int>(integer());
    r.position = integer();
    r.done = integer() != 0;
    r.stage = text();
    r.reason = text();
    r.warnings = nlohmann::json::parse(text()).get<std::vector<std::string>>();
    r.width = static_cast<int>(integer());
    r.height = static_cast<int>(integer());
    r.started = real();
    r.seconds = real();
    r.fingerprint = text();
    r.file_size = integer();
    r.file_time = integer();
    return r;
  }

 private:
  Impl& impl_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
  int column_ = 0;
};

/// Rolls back unless committed.
class Ledger::Transaction {
 public:
  explicit Transaction(Impl& impl) : impl_(impl), lock_(impl.mutex()) {
    impl_.run("BEGIN IMMEDIATE");
  }
  ~Transaction() {
    try {
      if (!committed_) impl_.run("ROLLBACK");
    } catch (const RunError&) {
      // The database undoes an unfinished transaction when it is next opened.
    }
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    impl_.run("COMMIT");
    committed_ = true;
  }

 private:
  Impl& impl_;
  std::unique_lock<std::recursive_mutex> lock_;
  bool committed_ = false;
};

Ledger::Ledger(const std::filesystem::path& file, Mode mode)
    : impl_(std::make_unique<Impl>(file, mode)) {}
Ledger::~Ledger() = default;

void Ledger::set_meta(const std::string& key, const std::string& value) {
  const std::lock_guard lock(impl_->mutex());
  Query(*impl_, "INSERT OR REPLACE INTO meta VALUES(?,?)").operator<<(key).operator<<(value).step();
}

std::string Ledger::meta(const std::string& key) const {
  const std::lock_guard lock(impl_->mutex());
  Query query(*impl_, "SELECT value FROM meta WHERE key=?");
  query << key;
  return query.step() ? query.text() : "";
}

void Ledger::erase(const std::string& path) {
  for (const char* table : {"samples", "files", "rows"})
    Query(*impl_, fmt::format("DELETE FROM {} WHERE path=?", table)).bytes(path).step();
}

void Ledger::enter(const std::string& path, const std::vector<SampleRecord>& records) {
  Transaction transaction(*impl_);
  erase(path);
  for (const auto& r : records) {
    Query sample(*impl_, "INSERT INTO samples VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    sample.bytes(r.id.path) << std::int64_t{r.id.part} << r.position << std::int64_t{r.done}
                            << r.stage << r.reason << dump(r.warnings) << std::int64_t{r.width}
                            << std::int64_t{r.height} << r.started << r.seconds << r.fingerprint
                            << r.file_size << r.file_time;
    sample.step();
    for (const auto& file : r.files) {
      Query query(*impl_, "INSERT OR REPLACE INTO files VALUES(?,?,?,?,?)");
      query.bytes(r.id.path) << std::int64_t{r.id.part};
      query.bytes(file.name) << file.stage << file.size;
      query.step();
    }
    std::int64_t number = 0;
    for (const auto& rows : r.rows) {
      Query query(*impl_, "INSERT INTO rows VALUES(?,?,?,?,?,?,?,?)");
      query.bytes(r.id.path) << std::int64_t{r.id.part} << number++ << rows.file << rows.form
                             << rows.header << rows.csv << rows.summary;
      query.step();
    }
  }
  transaction.commit();
}

void Ledger::forget(const std::string& path) {
  Transaction transaction(*impl_);
  erase(path);
  transaction.commit();
}

void Ledger::for_each(const std::function<void(const SampleRecord&)>& visit) const {
  const std::lock_guard lock(impl_->mutex());
  Query query(*impl_, fmt::format("SELECT {} FROM samples ORDER BY path, part", sample_columns));
  while (query.step()) visit(query.record());
}

void Ledger::complete(SampleRecord& record) const {
  Query files(*impl_, "SELECT name, stage, size FROM files WHERE path=? AND part=? ORDER BY name");
  files.bytes(record.id.path) << std::int64_t{record.id.part};
  while (files.step()) {
    SampleRecord::File file;
    file.name = checked_name(files.text());
    file.stage = files.text();
    file.size = files.integer();
    record.files.push_back(std::move(file));
  }
  Query rows(
      *impl_,
      "SELECT file, form, header, csv, summary FROM rows WHERE path=? AND part=? ORDER BY number");
  rows.bytes(record.id.path) << std::int64_t{record.id.part};
  while (rows.step()) {
    SampleRecord::Rows fragment;
    fragment.file = checked_name(rows.text());
    fragment.form = rows.text();
    fragment.header = rows.text();
    fragment.csv = rows.text();
    fragment.summary = rows.text();
    record.rows.push_back(std::move(fragment));
  }
}

std::vector<SampleRecord> Ledger::find(const std::string& path) const {
  const std::lock_guard lock(impl_->mutex());
  std::vector<SampleRecord> result;
  Query query(*impl_,
              fmt::format("SELECT {} FROM samples WHERE path=? ORDER BY part", sample_columns));
  query.bytes(path);
  while (query.step()) result.push_back(query.record());
  for (auto& record : result) complete(record);
  return result;
}

std::vector<SampleRecord::File> Ledger::files_of(const std::string& path) const {
  const std::lock_guard lock(impl_->mutex());
  std::vector<SampleRecord::File> result;
  Query query(*impl_, "SELECT name, stage, size FROM files WHERE path=?");
  query.bytes(path);
  while (query.step()) {
    auto name = checked_name(query.text());
    auto stage = query.text();
    result.push_back({std::move(name), std::move(stage), query.integer()});
  }
  return result;
}

void Ledger::set_positions(const std::unordered_map<std::string, std::int64_t>& positions) {
  Transaction transaction(*impl_);
  for (const auto& [path, position] : positions) {
    Query query(*impl_, "UPDATE samples SET position=? WHERE path=?");
    query << position;
    query.bytes(path).step();
  }
  transaction.commit();
}

void Ledger::for_each_in_order(Detail detail,
                               const std::function<void(const SampleRecord&)>& visit) const {
  const std::lock_guard lock(impl_->mutex());
  Query query(*impl_,
              fmt::format("SELECT {} FROM samples ORDER BY position, path, part", sample_columns));
  while (query.step()) {
    SampleRecord record = query.record();
    if (detail == Detail::all) complete(record);
    visit(record);
  }
}

std::vector<std::string> Ledger::headers(const std::string& table) const {
  const std::lock_guard lock(impl_->mutex());
  std::vector<std::string> result;
  Query query(*impl_,
              "SELECT header FROM samples JOIN rows USING(path, part) WHERE rows.file=? "
              "GROUP BY header ORDER BY min(position), min(part), min(number)");
  query << table;
  while (query.step()) result.push_back(query.text());
  return result;
}

void Ledger::for_each_rows(const std::string& table,
                           const std::function<void(const SampleId&, const std::string&,
                                                    const std::string&)>& visit) const {
  const std::lock_guard lock(impl_->mutex());
  Query query(*impl_,
              "SELECT rows.path, rows.part, header, csv FROM samples JOIN rows USING(path, part) "
              "WHERE rows.file=? ORDER BY position, path, part, number");
  query << table;
  while (query.step()) {
    SampleId id;
    id.path = query.text();
    id.part = static_cast<int>(query.integer());
    const auto header = query.text();
    visit(id, header, query.text());
  }
}

std::string Ledger::form_of(const std::string& table) const {
  const std::lock_guard lock(impl_->mutex());
  Query query(*impl_, "SELECT form FROM rows WHERE file=? LIMIT 1");
  query << table;
  return query.step() ? query.text() : "";
}

bool Ledger::has_rows(const std::string& table) const {
  const std::lock_guard lock(impl_->mutex());
  Query query(*impl_, "SELECT 1 FROM rows WHERE file=? LIMIT 1");
  query << table;
  return query.step();
}

void Ledger::for_each_file(
    const std::function<void(const SampleId&, const std::string&)>& visit) const {
  const std::lock_guard lock(impl_->mutex());
  Query query(*impl_, "SELECT path, part, name FROM files");
  while (query.step()) {
    SampleId id;
    id.path = query.text();
    id.part = static_cast<int>(query.integer());
    visit(id, checked_name(query.text()));
  }
}

std::vector<std::string> Ledger::tables() const {
  const std::lock_guard lock(impl_->mutex());
  std::vector<std::string> result;
  Query query(*impl_, "SELECT DISTINCT file FROM rows ORDER BY file");
  while (query.step()) result.push_back(checked_name(query.text()));
  return result;
}

std::vector<std::string> Ledger::fingerprints() const {
  const std::lock_guard lock(impl_->mutex());
  std::vector<std::string> result;
  Query query(*impl_, "SELECT DISTINCT fingerprint FROM samples WHERE fingerprint<>''");
  while (query.step()) result.push_back(query.text());
  return result;
}

}  // namespace smear
