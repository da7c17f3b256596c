// SPDX-License-Identifier: Apache-2.0
#include "cli/training.h"

namespace smear::cli {
namespace {

int train(const Invocation& invocation) {
  const auto& words = invocation.positional;
  return run_training(
      invocation,
      {.config = words.front(), .folders = {words.begin() + 1, words.end()}, .kind = {}});
}

}  // namespace

Command train_command() {
  return {
      .name = "train",
      .summary = "Trains a model on folders of images",
      .arguments = "CONFIG --data DIR... -o MODEL.safetensors [options]",
      .details =
          "CONFIG is a YAML file, or the name of one that comes with Smearkit. It says which kind "
          "of\n"
          "model is trained, on which classes, with which options; `smear help vae` has them all.\n"
          "The images are split by seed into those trained on and those held out, copies of an "
          "image\n"
          "on one side. What a person looks at first, while it trains too, is "
          "MODEL.train/report.html.\n\n"
          "Ctrl-C stops after the step at work; the same command with --resume goes on as if "
          "nothing\n"
          "had happened. Exit codes: 0 trained; 1 the training failed; 2 config, usage or data "
          "error;\n"
          "4 a plugin or a checkpoint was refused; 130 or 143 stopped by Ctrl-C or SIGTERM.\n\n"
          "  smear train config.yaml --data smears -o early.safetensors\n"
          "  smear train config.yaml --data smears -o early.safetensors --resume\n"
          "  smear train config.yaml --data smears -o try.safetensors --epochs 2 --set "
          "data.max_images=64",
      .options = training_options,
      .positional_min = 1,
      .positional_max = 100'000,
      .run = train};
}

}  // namespace smear::cli
