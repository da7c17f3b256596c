// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "cli/training.h"

namespace smear::cli {
namespace {

int train_classifier(const Invocation& invocation) {
  auto words = invocation.positional;
  // Folders may follow --data without a name of their own, so a folder is no config.
  std::string config = "train-classifier";
  std::error_code error;
  if (!words.empty() && !std::filesystem::is_directory(words.front(), error)) {
    config = words.front();
    words.erase(words.begin());
  }
  return run_training(invocation, {.config = config, .folders = words, .kind = "classifier"});
}

}  // namespace

Command train_classifier_command() {
  return {
      .name = "train-classifier",
      .summary = "Trains a network that tells classes of images apart",
      .arguments = "[CONFIG] --data DIR... -o MODEL.safetensors [options]",
      .details =
          "As `smear train` with the config `train-classifier`, which tells benign from early "
          "Pre-B "
          "smears;\n"
          "CONFIG is another whose model is a classifier. In the end it says how well the images "
          "that were\n"
          "held out are recognized; `smear model show` and MODEL.train/report.html have more of "
          "it. "
          "The\n"
          "stage `classifier.score` then tells the probability of a class, such as malignancy, of "
          "any image.\n"
          "`smear help classifier` has all options of the model; `--precision` is not one of "
          "them.\n\n"
          "Stopping, --resume and exit codes are those of `smear train`.\n\n"
          "  smear train-classifier --data smears -o malignancy.safetensors\n"
          "  smear train-classifier --data smears -o malignancy.safetensors --set "
          "'data.classes=[benign, pro-b]'",
      .options = training_options,
      .positional_min = 0,
      .positional_max = 100'000,
      .run = train_classifier};
}

}  // namespace smear::cli
