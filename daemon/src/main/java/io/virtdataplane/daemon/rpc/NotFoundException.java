package io.virtdataplane.daemon.rpc;

/** The request names something that is not there. */
public final class NotFoundException extends RuntimeException {
    private NotFoundException(String message) {
        super(message);
    }

    /** The one wording: "no such NIC: name=vm1". */
    public static NotFoundException of(String what, String name) {
        return new NotFoundException("no such " + what + ": name=" + name);
    }

    /** With what to do about it: "no such network ...: name=a/b; apply its manifest first". */
    public static NotFoundException of(String what, String name, String advice) {
        return new NotFoundException("no such " + what + ": name=" + name + "; " + advice);
    }
}
