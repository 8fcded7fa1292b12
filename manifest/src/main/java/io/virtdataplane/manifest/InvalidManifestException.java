package io.virtdataplane.manifest;

/** A manifest that breaks a rule; the message names the field, the rule and the value. */
public final class InvalidManifestException extends IllegalArgumentException {
    public InvalidManifestException(String message) {
        super(message);
    }
}
