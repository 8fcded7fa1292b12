package io.virtdataplane.sys;

/** The kernel lacks a feature; the message says which, and how to get it. */
public final class Unsupported extends RuntimeException {
    public Unsupported(String message) {
        super(message);
    }
}
