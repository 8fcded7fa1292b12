package io.virtdataplane.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;

/**
 * A request that is not carried out: its HTTP status, the rule, and the field where there is one.
 */
final class Refusal extends RuntimeException {
    static final int BAD_REQUEST = 400;
    static final int UNAUTHORIZED = 401;
    static final int FORBIDDEN = 403;
    static final int NOT_FOUND = 404;
    static final int NO_SUCH_METHOD = 405;
    static final int CONFLICT = 409;
    static final int TOO_LARGE = 413;
    static final int NOT_JSON = 415;
    static final int MISDIRECTED = 421;
    static final int WRONG_FIELD = 422;
    static final int TOO_MANY = 429;
    static final int FAILED = 500;
    static final int NO_DAEMON = 503;

    private final int code;
    private final String field;

    Refusal(int code, String field, String message) {
        super(message);
        this.code = code;
        this.field = field;
    }

    Refusal(int code, String message) {
        this(code, "", message);
    }

    int code() {
        return code;
    }

    /** Path of the field; empty where the refusal is about none. */
    String field() {
        return field;
    }

    ObjectNode toJson() {
        return Json.object().put("message", getMessage()).put("field", field).put("code", code);
    }

    /** What the daemon answered. */
    static Refusal of(StatusRuntimeException e) {
        Status status = e.getStatus();
        String words =
                status.getDescription() == null ? status.getCode().name() : status.getDescription();
        return switch (status.getCode()) {
            case INVALID_ARGUMENT -> new Refusal(WRONG_FIELD, field(e), words);
            case NOT_FOUND -> new Refusal(NOT_FOUND, words);
            case ALREADY_EXISTS, FAILED_PRECONDITION -> new Refusal(CONFLICT, words);
            case UNAVAILABLE ->
                    new Refusal(
                            NO_DAEMON,
                            "The daemon does not answer. Is it running, and may you use its socket?");
            default -> new Refusal(FAILED, words);
        };
    }

    private static String field(StatusRuntimeException e) {
        com.google.rpc.Status details = StatusProto.fromThrowable(e);
        for (var detail : details.getDetailsList()) {
            if (detail.is(BadRequest.class)) {
                try {
                    return detail.unpack(BadRequest.class).getFieldViolations(0).getField();
                } catch (InvalidProtocolBufferException wrong) {
                    return "";
                }
            }
        }
        return "";
    }
}
