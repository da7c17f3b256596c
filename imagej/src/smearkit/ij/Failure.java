// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

/** Something that the user has to know about; the message says what to do. */
final class Failure extends Exception {
  private static final long serialVersionUID = 1;

  Failure(String message) {
    super(message);
  }
}
