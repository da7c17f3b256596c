// SPDX-License-Identifier: Apache-2.0
#include "smear/plugin.h"
#include "stages/stages.h"
#include "training.h"

namespace smear::classifier {
namespace {

class Classifier final : public ModelKind {
 public:
  static constexpr ModelKindInfo info{
      .name = "classifier",
      .summary = "A small convolutional network that tells classes of images apart.",
      .details =
          "The image x in [0, 1] as 2 (1 - x); 3x3 convolutions with stride 2 and padding 1, each "
          "followed by a group normalization "
          "(groups of 8 filters, or of the largest divisor of their number that 8 has) and a leaky "
          "ReLU; the mean over all places; dropout; one fully connected layer; softmax. Nothing "
          "sees the batch, so an image's probabilities depend on that image alone.\n\n"
          "Loss: cross-entropy, each class with the same weight (`balance`). Adam with decoupled "
          "weight decay. The validation loss is without label smoothing, dropout and augmentation; "
          "the epoch with the lowest becomes the model.\n\n"
          "What an image looks like apart from its cells must not tell its class. `blank_corner` "
          "paints over the corner in which data sets burn a scale bar, in training and scoring, "
          "after scaling; `blur` softens training images at random, so that softness itself is no "
          "sign of a class; `brightness` and `stain` do the same for illumination and stain. Let "
          "`block` keep neighbouring files together, which often show the same slide.\n\n"
          "When it is trained, the model is tried on the images held out. `evaluation`, in the "
          "model's metadata under `training`, has the accuracy, the balanced accuracy (mean over "
          "the classes of the share that is recognized), the confusion matrix (rows are the "
          "truth), "
          "the area under the ROC curve (two classes; of the last), the Brier score, the expected "
          "calibration error over ten bins, and the bins: how many images got such a probability, "
          "its mean, and the share of them that is of the class (of the last of two classes, else "
          "of each). `held-out.csv` has the probabilities of every image held out, "
          "`calibration.csv` the bins.\n\n"
          "Results are the same to the bit for any number of threads, and for a training that was "
          "interrupted and resumed.",
      .example = R"(name: malignancy
model: classifier
data: {classes: [benign, early-pre-b], block: 20}
options: {image_size: 64}
)",
      .reference =
          "C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, On Calibration of Modern Neural Networks, "
          "International Conference on Machine Learning, 2017",
  };

  void describe(OptionSpec& spec) override { options_.describe(spec); }

  void check() const override { options_.check(); }

  TrainingEnd train(const TrainingJob& job, TrainingObserver& observer,
                    const std::atomic<bool>& stop) override {
    return classifier::train(options_, job, observer, stop);
  }

 private:
  TrainingOptions options_;
};

void register_plugin(PluginRegistrar& registrar) {
  register_score(registrar);
  registrar.add_model_kind<Classifier>();
}

}  // namespace
}  // namespace smear::classifier

SMEAR_PLUGIN("classifier", "0.1.0", "Apache-2.0", smear::classifier::register_plugin);
