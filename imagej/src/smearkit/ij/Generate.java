// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.ImagePlus;
import ij.WindowManager;

/** Encodes the active image, draws from its posterior and decodes: all in one. */
public final class Generate extends Command {
  @Override
  String name() {
    return "Smearkit Generate";
  }

  @Override
  Options options() {
    return PreviewDialog.addSliders(new Options().add(Option.file("model", "Model (.safetensors)")))
        .add(Option.text("class", "Class (conditional models)", ""))
        .add(programOption());
  }

  @Override
  void prepare() throws Failure {
    activeImage();
  }

  @Override
  void ask(Options options) throws Failure, Cancelled {
    new PreviewDialog(name(), options, activeImage(), null, null).ask();
  }

  @Override
  void execute(Options options) throws Failure, Cancelled {
    ImagePlus image = activeImage();
    Autoencoder autoencoder = new Autoencoder(program(options), options.text("model"),
        options.text("class"), statusLine("Smearkit Generate"));
    String title = RunFiles.stem(image.getTitle()) + "-generated";
    new ImagePlus(WindowManager.makeUniqueName(title),
        autoencoder.generate(autoencoder.encode(image), options.number("temperature"),
            options.number("bias"), (int) options.number("draws"), (long) options.number("seed")))
        .show();
  }
}
