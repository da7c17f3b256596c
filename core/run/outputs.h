// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "run/ledger.h"
#include "smear/stage.h"

namespace smear {

/// Which sample has written a file of the run: two must not write the same, as a macro's code may.
class ClaimedNames {
 public:
  /// Throws `SampleError` where another sample or the run has the name.
  void claim(const std::string& name, const SampleId& id);
  /// For a file of the whole run.
  void reserve(const std::string& name);

 private:
  std::mutex mutex_;
  std::map<std::string, SampleId> owners_;
};

/// What the samples of one piece of work save. Files are written to a temporary folder and moved
/// to their final names only when their sample is through all stages: a sample that fails leaves
/// nothing behind.
class PendingOutputs final : public Outputs {
 public:
  /// `staging` is how the names of this object's temporary files begin, in a folder on OUT's file
  /// system. One folder serves all: making and removing one a sample costs more than the files.
  /// `names` (may be null) are the run's.
  PendingOutputs(std::filesystem::path out, std::filesystem::path staging,
                 ClaimedNames* names = nullptr);
  ~PendingOutputs() override;
  PendingOutputs(const PendingOutputs&) = delete;
  PendingOutputs& operator=(const PendingOutputs&) = delete;

  void save(const Sample& sample, std::string_view name_template,
            const std::function<void(const std::filesystem::path&)>& write) override;
  void append(const Sample& sample, std::string_view run_file, const Table& rows) override;
  void append_piece(const Sample& sample, std::string_view run_file, std::string_view form,
                    std::string head, std::string piece) override;

  /// Says whose saves come next; recorded with each file.
  void set_stage(std::string stage) { stage_ = std::move(stage); }

  /// Moves the sample's files to their places and lists files and rows in `record`.
  void publish(const SampleId& id, SampleRecord& record);

  /// Forgets what the sample has saved.
  void discard(const SampleId& id);

  /// How much a sample has saved so far, and back to there.
  struct Mark {
    std::size_t files = 0;
    std::size_t rows = 0;
  };
  [[nodiscard]] Mark mark(const SampleId& id);
  void rewind(const SampleId& id, Mark mark);

 private:
  struct Saved {
    std::filesystem::path temporary;
    SampleRecord::File file;
  };
  static void drop_replaced(std::vector<Saved>& files);

  std::filesystem::path out_;
  std::filesystem::path staging_;
  ClaimedNames* names_;
  std::string stage_;
  std::mutex mutex_;
  int count_ = 0;
  std::map<SampleId, std::vector<Saved>> files_;
  std::map<SampleId, std::vector<SampleRecord::Rows>> rows_;
};

/// Writes a file whole or not at all: `write` gets a temporary name beside it. Throws `RunError`.
void write_whole(const std::filesystem::path& file,
                 const std::function<void(const std::filesystem::path&)>& write);

/// The same for text in memory.
void write_whole(const std::filesystem::path& file, std::string_view text);

}  // namespace smear
