// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.ImagePlus;
import ij.process.ImageProcessor;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Encodes, draws and decodes by small pipelines that `smear` runs.
 *
 * Noise depends on the seed, the sample's name and the stage's place. All draws are made by a
 * pipeline that begins with `reparameterize`, from files of one name: so the same settings give the
 * same z, whether in a preview, in one step or in several.
 */
final class Autoencoder {
  private static final String TENSOR = "latent.npy";

  private final File program;
  private final String model;
  private final String ofClass;
  private final SmearProcess.Watcher watcher;

  /** @param ofClass for a class-conditional model; else empty */
  Autoencoder(File program, String model, String ofClass, SmearProcess.Watcher watcher)
      throws Failure {
    if (model.isEmpty()) throw new Failure("The option 'model' must be given.");
    this.program = program;
    this.model = new File(model).getAbsolutePath();
    this.ofClass = ofClass;
    this.watcher = watcher;
  }

  /** The rows mu and logvar of an RGB image. */
  float[][] encode(ImagePlus image) throws Failure, Cancelled {
    try (WorkFolder work = new WorkFolder()) {
      File input = ImageFiles.write(image, work.folder("input"));
      run(work, input.getParentFile(), 1,
          "name: encode\n"
              + "stages:\n"
              + "  - vae.encode: {" + modelOptions() + "}\n"
              + "  - save-tensor: {slot: mu, to: \"mu/" + TENSOR + "\"}\n"
              + "  - save-tensor: {slot: logvar, to: \"logvar/" + TENSOR + "\"}\n");
      return new float[][] {Npy.read(work.file("out/mu/" + TENSOR))[0],
          Npy.read(work.file("out/logvar/" + TENSOR))[0]};
    }
  }

  /** Draws z = mu + temperature exp(logvar / 2) eps + bias: one row a draw. */
  float[][] draw(float[][] posterior, double temperature, double bias, int draws, long seed)
      throws Failure, Cancelled {
    try (WorkFolder work = new WorkFolder()) {
      run(work, writePosterior(work, posterior), seed,
          "name: reparameterize\n" + posteriorInput(temperature, bias, draws)
              + "  - save-tensor: {slot: z, to: \"z/" + TENSOR + "\"}\n");
      return Npy.read(work.file("out/z/" + TENSOR));
    }
  }

  /** Draws and decodes in one step, which is quicker; the image is that of the two steps. */
  ImageProcessor generate(float[][] posterior, double temperature, double bias, int draws,
      long seed) throws Failure, Cancelled {
    try (WorkFolder work = new WorkFolder()) {
      run(work, writePosterior(work, posterior), seed,
          "name: generate\n" + posteriorInput(temperature, bias, draws) + decodeStages());
      return ImageFiles.pixels(work.file("out/image/latent.png"));
    }
  }

  /** The images of all rows of z, beside each other. */
  ImageProcessor decode(float[][] z) throws Failure, Cancelled {
    try (WorkFolder work = new WorkFolder()) {
      File input = work.folder("z");
      Npy.write(new File(input, TENSOR), z);
      run(work, input, 1, "name: decode\ninput: {tensor: z}\nstages:\n" + decodeStages());
      return ImageFiles.pixels(work.file("out/image/latent.png"));
    }
  }

  private static File writePosterior(WorkFolder work, float[][] posterior) throws Failure {
    File input = work.folder("mu");
    Npy.write(new File(input, TENSOR), new float[][] {posterior[0]});
    Npy.write(new File(work.folder("logvar"), TENSOR), new float[][] {posterior[1]});
    return input;
  }

  private static String posteriorInput(double temperature, double bias, int draws) {
    return "input: {tensor: mu, beside: {logvar: \"../logvar/{path}\"}}\n"
        + "stages:\n"
        + "  - reparameterize: {function: temperature-bias, temperature: "
        + Options.format(temperature) + ", bias: " + Options.format(bias) + ", draws: " + draws
        + "}\n";
  }

  private String decodeStages() {
    return "  - vae.decode: {" + modelOptions() + "}\n"
        + "  - save-image: {to: \"image/latent.png\"}\n";
  }

  private String modelOptions() {
    return "model: " + Json.quote(model)
        + (ofClass.isEmpty() ? "" : ", class: " + Json.quote(ofClass));
  }

  private void run(WorkFolder work, File input, long seed, String pipeline)
      throws Failure, Cancelled {
    File file = work.file("pipeline.yaml");
    try {
      Files.write(file.toPath(), pipeline.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new Failure(file + " cannot be written: " + e.getMessage());
    }
    List<String> command = new ArrayList<String>(
        Arrays.asList(program.getPath(), "run", file.getPath(), input.getPath(), "-o",
            work.file("out").getPath(), "--seed", String.valueOf(seed), "--json"));
    try {
      SmearProcess run = SmearProcess.run(command, null, watcher, SmearProcess.Stop.KILL);
      for (String reason : run.quarantined()) throw new Failure(reason);
    } catch (Failure e) {
      // Users have not seen this pipeline: where in it something is wrong says nothing to them.
      throw new Failure(e.getMessage()
                            .replaceAll("(?m)^.*pipeline\\.yaml:\\d+:\\d+: (error: )?", "")
                            .replaceAll("(?m)^\\s.*$\\n?", "")
                            .trim());
    }
  }
}
