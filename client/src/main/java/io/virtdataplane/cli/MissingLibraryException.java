package io.virtdataplane.cli;

/** A library of the system is not there; the message says which and how to get it. */
final class MissingLibraryException extends RuntimeException {
    MissingLibraryException(String message) {
        super(message);
    }
}
