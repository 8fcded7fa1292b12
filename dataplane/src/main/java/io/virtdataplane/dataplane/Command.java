package io.virtdataplane.dataplane;

/**
 * An order from a control thread, run at the top of a breath, where the worker's tables may be read
 * and changed.
 */
@FunctionalInterface
public interface Command {
    void run(Worker worker, long nowNs);
}
