package io.virtdataplane.nat;

import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.wire.Ip;
import java.nio.ByteBuffer;

/**
 * The sessions of an earlier run of this machine, taken over before the first frame is walked: from
 * what that run wrote when it stopped. Those that the kernel goes on carrying are {@link
 * EarlierFlows}. What does not fit is left out, and is opened anew by its next frame where it may
 * be.
 *
 * <pre>
 *   bytes:   layout (8)    then for each session, oldest of its lifetime first, 48 bytes in network order:
 *            remote address (16)    inside, outside, remote port (2 each)    protocol (1)    lifetime (1)
 *            last seen, CLOCK_MONOTONIC ns (8)    created, s (4)    state (1)    flags (1)    0 (2)    frames outward, inward (4 each)
 *            before one by a Service, as many bytes with what the guest addresses as remote, and lifetime 255, which others leave out
 * </pre>
 */
final class EarlierSessions {
    static final byte[] NONE = new byte[0];
    static final long LAYOUT = 0x7664_7073_6573_7331L; // "vdpsess1"
    static final int BYTES = 48;
    private static final int MOST = 200_000;
    private static final int FLAGS =
            SessionTable.INBOUND
                    | SessionTable.FROM_LOOPBACK
                    | SessionTable.FROM_POD
                    | SessionTable.FROM_PROXY
                    | SessionTable.WALKED
                    | SessionTable.BY_SERVICE;

    static final int FRONT_END = 0xff;

    private final Sessions sessions;
    private final SessionTable table;
    private final DualStack addresses;
    private final long nowNs;
    private Endpoint frontEnd;

    /** Of a NIC that has none yet. */
    EarlierSessions(Sessions sessions, DualStack addresses, long nowNs) {
        this.sessions = sessions;
        this.table = sessions.table();
        this.addresses = addresses;
        this.nowNs = nowNs;
    }

    /** The sessions as bytes: of very many those that were given up last. */
    static byte[] write(SessionTable table, CarriedSessions carried, long nowNs) {
        int[] all = Nat.longestIdle(table, table.size());
        int from = Math.max(0, all.length - MOST);
        int entries = 0;
        for (int i = from; i < all.length; i++) {
            entries += table.hasFrontEnd(all[i]) ? 2 : 1;
        }
        ByteBuffer to = ByteBuffer.allocate(Long.BYTES + entries * BYTES);
        to.putLong(LAYOUT);
        for (int i = from; i < all.length; i++) {
            carried.count(all[i], nowNs);
            if (table.hasFrontEnd(all[i])) {
                writeFrontEnd(table.frontEnds(), all[i], to);
            }
            write(table, all[i], to);
        }
        return to.array();
    }

    private static void writeFrontEnd(FrontEnds fronts, int session, ByteBuffer to) {
        int end = to.position() + BYTES;
        to.putLong(fronts.high(session)).putLong(fronts.low(session));
        to.putInt(0).putShort((short) fronts.port(session)).put((byte) 0).put((byte) FRONT_END);
        to.position(end);
    }

    private static void write(SessionTable table, int session, ByteBuffer to) {
        int flags =
                (table.isInbound(session) ? SessionTable.INBOUND : 0)
                        | (table.hasFrontEnd(session) ? SessionTable.BY_SERVICE : 0)
                        | table.origin(session);
        to.putLong(table.remoteHigh(session)).putLong(table.remoteLow(session));
        to.putShort((short) table.insidePort(session));
        to.putShort((short) table.outsidePort(session));
        to.putShort((short) table.remotePort(session));
        to.put((byte) table.protocol(session)).put((byte) table.lifetime(session));
        to.putLong(table.lastSeenNs(session));
        to.putInt((int) table.createdSeconds(session));
        to.put((byte) table.state(session)).put((byte) flags).putShort((short) 0);
        to.putInt((int) table.framesOut(session)).putInt((int) table.framesIn(session));
    }

    /**
     * All that fit, in their order.
     *
     * @param bytes of {@link #write}; none: {@link #NONE}
     * @throws IllegalArgumentException they are something else
     */
    void resume(byte[] bytes) {
        if (bytes.length == 0) {
            return;
        }
        ByteBuffer from = ByteBuffer.wrap(bytes);
        if (bytes.length % BYTES != Long.BYTES || from.getLong() != LAYOUT) {
            throw new IllegalArgumentException(
                    "sessions must be of this version's layout, and whole: bytes=" + bytes.length);
        }
        while (from.hasRemaining()) {
            read(from);
        }
    }

    private void read(ByteBuffer from) {
        long high = from.getLong();
        long low = from.getLong();
        int inside = from.getShort() & 0xffff;
        int outside = from.getShort() & 0xffff;
        int remote = from.getShort() & 0xffff;
        int protocol = from.get() & 0xff;
        int lifetime = from.get() & 0xff;
        long lastSeenNs = from.getLong();
        int created = from.getInt();
        int state = from.get() & 0xff;
        int flags = from.get() & FLAGS;
        from.getShort();
        long framesOut = from.getInt() & 0xffff_ffffL;
        long framesIn = from.getInt() & 0xffff_ffffL;
        if (lifetime == FRONT_END) {
            frontEnd = new Endpoint(high, low, remote);
            return;
        }
        boolean isByService = (flags & SessionTable.BY_SERVICE) != 0;
        Endpoint addressed = isByService ? frontEnd : new Endpoint(high, low, remote);
        frontEnd = null;
        boolean isOfClock = lastSeenNs - nowNs <= 0 && lifetime < Lifetime.COUNT;
        if (!isOfClock
                || addressed == null
                || !isFree(
                        SessionTable.OUTWARD,
                        protocol,
                        inside,
                        addressed.high(),
                        addressed.low(),
                        addressed.port())
                || !fits(protocol, outside, high, low, remote)) {
            return;
        }
        int session =
                open(
                        protocol,
                        inside,
                        outside,
                        high,
                        low,
                        remote,
                        lifetime,
                        flags & ~SessionTable.BY_SERVICE,
                        lastSeenNs);
        if (isByService) {
            table.frontEnd(session, addressed.high(), addressed.low(), addressed.port());
        }
        table.state(session, state);
        table.createdSeconds(session, created);
        table.addCarried(session, framesOut, framesIn, lifetime, 0, nowNs);
    }

    boolean fits(int protocol, int outside, long high, long low, int remotePort) {
        boolean hasFamily =
                Ip.isMapped(high, low) ? addresses.ipv4().isOn() : addresses.ipv6().isOn();
        return hasFamily
                && table.size() < Math.min(table.capacity(), sessions.policy().limits().sessions())
                && isFree(SessionTable.INWARD, protocol, outside, high, low, remotePort);
    }

    boolean isFree(
            int direction, int protocol, int localPort, long high, long low, int remotePort) {
        return table.lookup(direction, protocol, localPort, high, low, remotePort)
                == SessionTable.NONE;
    }

    int open(
            int protocol,
            int inside,
            int outside,
            long high,
            long low,
            int remotePort,
            int lifetime,
            int flags,
            long lastSeenNs) {
        boolean usesMapping =
                sessions.numbers().take(!Ip.isMapped(high, low), protocol, inside, outside);
        return table.insert(
                protocol,
                inside,
                outside,
                high,
                low,
                remotePort,
                lifetime,
                flags | (usesMapping ? SessionTable.USES_MAPPING : 0),
                lastSeenNs);
    }

    /** Ends those whose time is over by now, with what was carried meanwhile. */
    void age() {
        for (int session : Nat.longestIdle(table, table.size())) {
            if (sessions.isOverAsCarried(session, nowNs)) {
                sessions.end(session);
            }
        }
    }
}
