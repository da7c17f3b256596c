// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

/** The user closed a dialog by Cancel, or stopped a run with Escape: nothing more is to be said. */
final class Cancelled extends Exception {
  private static final long serialVersionUID = 1;

  Cancelled() {
    super("cancelled");
  }
}
