package io.virtdataplane.daemon.rpc;

/** The request names a NIC that is not attached. */
public final class NotFoundException extends RuntimeException {
    public NotFoundException(String message) {
        super(message);
    }
}
