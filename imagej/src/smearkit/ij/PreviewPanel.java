// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import java.awt.Color;
import java.awt.Dimension;
import java.awt.FontMetrics;
import java.awt.Graphics;
import java.awt.Image;
import java.awt.Panel;

/** The image as it is and as the model generates it, side by side. */
final class PreviewPanel extends Panel {
  private static final long serialVersionUID = 1;
  private static final int EDGE = 256;
  private static final int GAP = 8;
  private static final int LINE = 18;

  private final transient Image source;
  private transient Image picture;
  private String message = "";

  /** @param source shown on the left; null leaves that out */
  PreviewPanel(Image source) {
    this.source = source;
  }

  /** Shows a picture, or none, and a message below; from any thread. */
  void show(Image newPicture, String newMessage) {
    picture = newPicture;
    message = newMessage;
    repaint();
  }

  /** Shows a message with the picture that is there. */
  void say(String newMessage) {
    message = newMessage;
    repaint();
  }

  @Override
  public Dimension getPreferredSize() {
    return new Dimension(source == null ? EDGE : 2 * EDGE + GAP, EDGE + 3 * LINE);
  }

  @Override
  public void paint(Graphics graphics) {
    int right = 0;
    if (source != null) {
      draw(graphics, source, 0);
      right = EDGE + GAP;
    }
    if (picture != null)
      draw(graphics, picture, right);
    else
      outline(graphics, right);
    graphics.setColor(Color.BLACK);
    write(graphics);
  }

  private void draw(Graphics graphics, Image image, int x) {
    int width = image.getWidth(null);
    int height = image.getHeight(null);
    if (width < 1 || height < 1) return;
    double scale = Math.min(EDGE / (double) width, EDGE / (double) height);
    int w = Math.max(1, (int) (width * scale));
    int h = Math.max(1, (int) (height * scale));
    graphics.drawImage(image, x + (EDGE - w) / 2, (EDGE - h) / 2, w, h, null);
  }

  private static void outline(Graphics graphics, int x) {
    graphics.setColor(Color.GRAY);
    graphics.drawRect(x, 0, EDGE - 1, EDGE - 1);
  }

  /** The message in at most three lines. */
  private void write(Graphics graphics) {
    FontMetrics metrics = graphics.getFontMetrics();
    int y = EDGE + metrics.getAscent() + 2;
    String line = "";
    int lines = 0;
    for (String word : message.split("\\s+")) {
      String longer = line.isEmpty() ? word : line + " " + word;
      if (metrics.stringWidth(longer) > getWidth() && !line.isEmpty() && ++lines < 3) {
        graphics.drawString(line, 0, y);
        y += metrics.getHeight();
        line = word;
      } else {
        line = longer;
      }
    }
    graphics.drawString(line, 0, y);
  }
}
