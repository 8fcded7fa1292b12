package io.virtdataplane.sriov;

/** The node, its card or its driver does not allow what was asked; the message says why. */
public final class SriovException extends RuntimeException {
    public SriovException(String message) {
        super(message);
    }

    public SriovException(String message, Throwable cause) {
        super(message, cause);
    }
}
