package io.virtdataplane.daemon.cni;

/**
 * A refusal as a container runtime reads it: a code of the CNI specification, what is wrong, and
 * more of it.
 */
final class CniException extends RuntimeException {
    static final int INCOMPATIBLE_VERSION = 1;
    static final int INVALID_ENVIRONMENT = 4;
    static final int DECODING_FAILURE = 6;
    static final int INVALID_CONFIG = 7;
    static final int TRY_AGAIN = 11;
    static final int NOT_AVAILABLE = 50;
    static final int INTERNAL = 999;

    private final int code;
    private final String details;

    CniException(int code, String message) {
        this(code, message, "");
    }

    CniException(int code, String message, String details) {
        super(message);
        this.code = code;
        this.details = details;
    }

    int code() {
        return code;
    }

    String details() {
        return details;
    }
}
