// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.ImagePlus;

/** Draws latents z from the active posterior, with a temperature and a bias. */
public final class Reparameterize extends Command {
  @Override
  String name() {
    return "Smearkit Reparameterize";
  }

  @Override
  Options options() {
    return PreviewDialog
        .addSliders(new Options())
        // Drawing needs no model; the preview does, and decoding afterwards.
        .add(Option.file("model", "Model (for the preview)").optional())
        .add(programOption());
  }

  @Override
  void prepare() throws Failure {
    LatentImage.posterior();
  }

  @Override
  void ask(Options options) throws Failure, Cancelled {
    ImagePlus image = LatentImage.posterior();
    options.set("model", LatentImage.model(image));
    new PreviewDialog(name(), options, null, LatentImage.rows(image), LatentImage.ofClass(image))
        .ask();
  }

  @Override
  void execute(Options options) throws Failure, Cancelled {
    ImagePlus image = LatentImage.posterior();
    String model =
        options.text("model").isEmpty() ? LatentImage.model(image) : options.text("model");
    Autoencoder autoencoder = new Autoencoder(program(options), model.isEmpty() ? "none" : model,
        "", statusLine("Smearkit Reparameterize"));
    float[][] z = autoencoder.draw(LatentImage.rows(image), options.number("temperature"),
        options.number("bias"), (int) options.number("draws"), (long) options.number("seed"));
    LatentImage
        .make(LatentImage.Z, z, RunFiles.stem(image.getTitle()).replace("-posterior", "") + "-z",
            model, LatentImage.ofClass(image))
        .show();
  }
}
