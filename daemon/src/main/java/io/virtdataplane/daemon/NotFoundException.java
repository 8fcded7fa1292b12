package io.virtdataplane.daemon;

/** The request names a NIC that is not attached. */
public final class NotFoundException extends RuntimeException {
    public NotFoundException(String message) {
        super(message);
    }
}
