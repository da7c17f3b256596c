// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.ImagePlus;
import java.io.File;

/** Encodes the active image into its posterior. */
public final class Encode extends Command {
  @Override
  String name() {
    return "Smearkit Encode";
  }

  @Override
  Options options() {
    return new Options()
        .add(Option.file("model", "Model (.safetensors)"))
        .add(Option.text("class", "Class (conditional models)", ""))
        .add(programOption());
  }

  @Override
  void prepare() throws Failure {
    activeImage();
  }

  @Override
  void execute(Options options) throws Failure, Cancelled {
    ImagePlus image = activeImage();
    String model = new File(options.text("model")).getAbsolutePath();
    Autoencoder autoencoder = new Autoencoder(
        program(options), model, options.text("class"), statusLine("Smearkit Encode"));
    LatentImage
        .make(LatentImage.POSTERIOR, autoencoder.encode(image),
            RunFiles.stem(image.getTitle()) + "-posterior", model, options.text("class"))
        .show();
  }
}
