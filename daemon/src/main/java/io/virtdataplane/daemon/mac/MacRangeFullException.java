package io.virtdataplane.daemon.mac;

/** No address is left to give; in the words of KubeMacPool. */
public final class MacRangeFullException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    MacRangeFullException(MacRange range) {
        super(
                "the range is full: macPool="
                        + range
                        + "; delete machines, or set macPool.start and macPool.end to a larger one");
    }
}
