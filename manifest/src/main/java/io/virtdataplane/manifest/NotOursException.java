package io.virtdataplane.manifest;

/** An object of a known kind that asks nothing of this daemon; the message says who is asked. */
final class NotOursException extends InvalidManifestException {
    private static final long serialVersionUID = 1L;

    NotOursException(String message) {
        super(message);
    }
}
