package io.virtdataplane.daemon.rpc;

/** Takes messages one by one, and says whether it wants more. */
@FunctionalInterface
public interface Recipient<T> {
    /** A null message only asks. */
    boolean take(T message);
}
