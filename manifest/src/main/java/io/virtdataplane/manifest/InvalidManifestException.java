package io.virtdataplane.manifest;

/** A manifest that breaks a rule; the message names the field, the rule and the value. */
public sealed class InvalidManifestException extends IllegalArgumentException
        permits NotOursException, NothingTakenException, UnknownFieldException {
    public InvalidManifestException(String message) {
        super(message);
    }
}
