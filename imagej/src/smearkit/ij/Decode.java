// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.ImagePlus;
import ij.WindowManager;

/** Decodes the active latent z into an image. */
public final class Decode extends Command {
  @Override
  String name() {
    return "Smearkit Decode";
  }

  @Override
  Options options() {
    return new Options()
        .add(Option.file("model", "Model (.safetensors)").optional())
        .add(Option.text("class", "Class (conditional models)", ""))
        .add(programOption());
  }

  @Override
  void prepare() throws Failure {
    LatentImage.z();
  }

  @Override
  void ask(Options options) throws Failure, Cancelled {
    ImagePlus image = LatentImage.z();
    options.set("model", LatentImage.model(image));
    options.set("class", LatentImage.ofClass(image));
    super.ask(options);
  }

  @Override
  void execute(Options options) throws Failure, Cancelled {
    ImagePlus image = LatentImage.z();
    String model =
        options.text("model").isEmpty() ? LatentImage.model(image) : options.text("model");
    String ofClass =
        options.text("class").isEmpty() ? LatentImage.ofClass(image) : options.text("class");
    Autoencoder autoencoder =
        new Autoencoder(program(options), model, ofClass, statusLine("Smearkit Decode"));
    String title = RunFiles.stem(image.getTitle()).replaceAll("-z$", "") + "-decoded";
    new ImagePlus(WindowManager.makeUniqueName(title), autoencoder.decode(LatentImage.rows(image)))
        .show();
  }
}
