package io.virtdataplane.manifest;

/**
 * A field that the schema, as we know it, does not have: a mistake in a file, or a field that
 * another system has had since.
 */
public final class UnknownFieldException extends InvalidManifestException {
    private static final long serialVersionUID = 1;

    UnknownFieldException(String message) {
        super(message);
    }
}
