package io.virtdataplane.cloudinit;

/**
 * A rule that network data breaks.
 *
 * @param line from 1, in the file that was given
 * @param message field, rule and value
 */
public record Problem(int line, String message) {
    @Override
    public String toString() {
        return "line " + line + ": " + message;
    }
}
