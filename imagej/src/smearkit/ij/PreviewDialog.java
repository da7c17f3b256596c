// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.ImagePlus;
import java.awt.Checkbox;
import java.awt.Image;
import java.io.File;

/**
 * The dialog with sliders for temperature and bias, and a preview of what they make of the image.
 *
 * The preview is made by a thread of its own: it takes the newest settings, runs `smear`, shows the
 * picture and begins anew where the settings have changed meanwhile. The image is encoded once for
 * each model.
 */
final class PreviewDialog extends OptionsDialog {
  private static final int RESTING_MILLISECONDS = 60000;

  private final ImagePlus source;
  private final String posteriorClass;
  private final PreviewPanel panel;
  private final Thread worker = new Thread("Smearkit preview") {
    @Override
    public void run() {
      try {
        work();
      } catch (InterruptedException e) {
        // The dialog is closed.
      }
    }
  };
  private Checkbox preview;
  private float[][] posterior;
  private String encodedBy = "";
  private Settings wanted;
  private boolean over;

  /**
   * @param source the image to encode; null where there is a posterior already
   * @param posterior its rows mu and logvar; null where the image is to be encoded
   * @param posteriorClass what a given posterior's class is, for a class-conditional model
   */
  PreviewDialog(
      String title, Options options, ImagePlus source, float[][] posterior, String posteriorClass) {
    super(title, options);
    this.source = source;
    this.posterior = posterior;
    this.posteriorClass = posteriorClass;
    panel = new PreviewPanel(source == null ? null : source.getImage());
  }

  /** The options that drawing has. */
  static Options addSliders(Options options) {
    return options.add(Option.slider("temperature", "Temperature", 1, 0, 1000000, 20))
        .add(Option.slider("bias", "Bias", 0, -1000000, 1000000, 5))
        .add(Option.whole("seed", "Seed", 1, 0, Integer.MAX_VALUE))
        .add(Option.whole("draws", "Draws", 1, 1, 64));
  }

  @Override
  void addMore() {
    dialog.addCheckbox("Preview", false);
    preview = (Checkbox) dialog.getCheckboxes().lastElement();
    dialog.addPanel(panel);
    worker.setDaemon(true);
    worker.start();
  }

  @Override
  void changed() {
    Settings settings = null;
    String message = "";
    try {
      options.check();
      settings = preview.getState() ? new Settings(options) : null;
    } catch (Failure e) {
      message = e.getMessage();
    }
    synchronized (this) {
      wanted = settings;
      notifyAll();
    }
    if (settings == null) panel.show(null, preview.getState() ? message : "");
  }

  @Override
  void closed() {
    synchronized (this) {
      over = true;
      notifyAll();
    }
  }

  private void work() throws InterruptedException {
    Settings shown = null;
    while (true) {
      Settings next;
      synchronized (this) {
        while (!over && (wanted == null || wanted.equals(shown))) {
          if (wanted == null) shown = null;
          wait(RESTING_MILLISECONDS);
        }
        if (over) return;
        next = wanted;
      }
      panel.say("Generating...");
      try {
        panel.show(picture(next), "");
      } catch (Failure e) {
        panel.show(null, e.getMessage());
      } catch (Cancelled e) {
        // Newer settings, or the dialog is closed.
      }
      shown = next;
    }
  }

  private Image picture(Settings settings) throws Failure, Cancelled {
    String ofClass = source == null ? posteriorClass : settings.ofClass;
    Autoencoder autoencoder =
        new Autoencoder(Program.find(settings.program), settings.model, ofClass, watcher(settings));
    if (source != null && (posterior == null || !encodedBy.equals(settings.encoding()))) {
      posterior = autoencoder.encode(source);
      encodedBy = settings.encoding();
    }
    return autoencoder
        .generate(posterior, settings.temperature, settings.bias, settings.draws, settings.seed)
        .createImage();
  }

  /** Stops what is no longer wanted: another model, or none. A slider's next value can wait. */
  private SmearProcess.Watcher watcher(final Settings settings) {
    return new SmearProcess.Watcher() {
      @Override
      public void progress(int done, int all) {}

      @Override
      public boolean wantsStop() {
        synchronized (PreviewDialog.this) {
          return over || wanted == null || !wanted.encoding().equals(settings.encoding());
        }
      }
    };
  }

  /** What a preview depends on. */
  private static final class Settings {
    final String program;
    final String model;
    final String ofClass;
    final double temperature;
    final double bias;
    final int draws;
    final long seed;

    Settings(Options options) {
      program = options.text("program");
      model = options.text("model");
      ofClass = options.has("class") ? options.text("class") : "";
      temperature = options.number("temperature");
      bias = options.number("bias");
      draws = (int) options.number("draws");
      seed = (long) options.number("seed");
    }

    /** The part that the posterior depends on. */
    String encoding() {
      return new File(model).getAbsolutePath() + "\n" + ofClass;
    }

    @Override
    public boolean equals(Object other) {
      if (!(other instanceof Settings)) return false;
      Settings that = (Settings) other;
      return encoding().equals(that.encoding()) && temperature == that.temperature
          && bias == that.bias && draws == that.draws && seed == that.seed;
    }

    @Override
    public int hashCode() {
      return encoding().hashCode();
    }
  }
}
