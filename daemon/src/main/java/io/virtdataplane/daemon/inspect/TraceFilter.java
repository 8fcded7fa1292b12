package io.virtdataplane.daemon.inspect;

import io.virtdataplane.dataplane.LiveTrace;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Protocols;

/**
 * Which live frames are to explain their way.
 *
 * @param protocol as people write it; empty: any
 * @param address source or destination; empty: any
 * @param port source or destination; 0: any
 */
public record TraceFilter(String protocol, String address, int port, boolean dropsOnly) {
    /** Checked; throws with the field that cannot be. */
    LiveTrace.Filter compile() {
        int number = protocol.isEmpty() ? -1 : Protocols.number(protocol);
        long[] wanted = address.isEmpty() ? null : AddressText.ip(address);
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be 0-65535: port=" + port);
        }
        return (fromGuest, frame, verdict) -> {
            if (dropsOnly && !verdict.isDrop()) {
                return false;
            }
            PacketFields fields = PacketFields.of(frame);
            return (number < 0 || fields.isProtocol(number))
                    && (wanted == null || fields.hasAddress(wanted[0], wanted[1]))
                    && (port == 0 || fields.hasPort(port));
        };
    }
}
