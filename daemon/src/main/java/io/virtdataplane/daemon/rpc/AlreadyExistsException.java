package io.virtdataplane.daemon.rpc;

/** The request would make something a second time. */
public final class AlreadyExistsException extends RuntimeException {
    public AlreadyExistsException(String message) {
        super(message);
    }
}
