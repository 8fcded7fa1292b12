package io.virtdataplane.dataplane;

/**
 * How much a NIC may carry in one direction.
 *
 * @param bits a second, of layer 2 as it is on the wire but for preamble and checksum; 0: no limit
 * @param packets a second, those that a GSO frame is cut into each counted; 0: no limit
 */
public record Rate(long bits, long packets) {
    public static final Rate NONE = new Rate(0, 0);

    public Rate {
        if (bits < 0 || packets < 0) {
            throw new IllegalArgumentException(
                    "a rate must not be negative: bits=" + bits + " packets=" + packets);
        }
    }

    public boolean isNone() {
        return bits == 0 && packets == 0;
    }
}
