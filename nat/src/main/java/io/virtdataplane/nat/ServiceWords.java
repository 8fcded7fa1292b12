package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.wire.AddressText;

/** What a trace says of Services. Not for frames that nobody traces. */
final class ServiceWords {
    private ServiceWords() {}

    /** Of a new session: which endpoint, of how many, and why it. */
    static String chosen(FrontEnd front, Endpoint endpoint, boolean isKept) {
        return "%s: endpoint %s, %d of %d, %s"
                .formatted(
                        front.label(),
                        text(endpoint.high(), endpoint.low(), endpoint.port()),
                        front.endpoints().indexOf(endpoint) + 1,
                        front.endpoints().size(),
                        isKept ? "which the guest had last (sessionAffinity)" : "drawn");
    }

    /** Of a session that is there. */
    static String followed(ServiceTable table, SessionTable all, int session) {
        return label(table, all, session)
                + ": endpoint "
                + text(all.remoteHigh(session), all.remoteLow(session), all.remotePort(session))
                + ", which the session has";
    }

    /** The Service's, or its address where it is no more. */
    static String label(ServiceTable table, SessionTable all, int session) {
        FrontEnds fronts = all.frontEnds();
        long high = fronts.high(session);
        long low = fronts.low(session);
        int port = fronts.port(session);
        int found = table.find(all.protocol(session), high, low, port);
        return found == ServiceTable.NONE ? text(high, low, port) : table.frontEnd(found).label();
    }

    private static String text(long high, long low, int port) {
        String address = AddressText.ip(high, low);
        return address.indexOf(':') < 0 ? address + ":" + port : "[" + address + "]:" + port;
    }
}
