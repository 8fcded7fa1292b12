package io.virtdataplane.nat;

import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The sessions of a NIC on another node, as {@link Nat#keep} gave them there: checked whole, by the
 * clock of this node, and in parts, so that no packet thread is held for long. Sessions of the
 * pod's own processes are left out: those have not moved.
 */
public final class MovedSessions {
    private static final int PART = 1024;
    private static final int OFFSET_LIFETIME = 23;
    private static final int OFFSET_LAST_SEEN = 24;
    private static final int OFFSET_FLAGS = 37;
    private static final int POD = SessionTable.FROM_LOOPBACK | SessionTable.FROM_POD;

    private final ByteBuffer all;
    private final long aheadNs;
    private final List<byte[]> parts = new ArrayList<>();
    private final List<Connection> connections = new ArrayList<>();
    private int count;
    private int leftOut;

    /**
     * What the guest has with somebody, by TCP or UDP.
     *
     * @param remoteHigh address as {@link Ip} holds it
     */
    public record Connection(
            int protocol, int insidePort, long remoteHigh, long remoteLow, int remotePort) {
        /** A frame that ends it, where the guest answers it; else one that says that it is over. */
        public byte[] ending(DualStack addresses, long guestMac, long gatewayMac) {
            return protocol == Protocols.TCP
                    ? ConnectionProbe.frame(this, addresses, guestMac, gatewayMac)
                    : LostDatagrams.frame(this, addresses, guestMac, gatewayMac);
        }
    }

    /**
     * @param bytes of {@link Nat#keep}
     * @param thereNs the other node's clock when they were taken
     * @param hereNs this node's clock now
     * @throws IllegalArgumentException they are something else
     */
    public MovedSessions(byte[] bytes, long thereNs, long hereNs) {
        if (bytes.length % EarlierSessions.BYTES != Long.BYTES
                || ByteBuffer.wrap(bytes).getLong() != EarlierSessions.LAYOUT) {
            throw new IllegalArgumentException(
                    "sessions must be of this version's layout, and whole: bytes=" + bytes.length);
        }
        all = ByteBuffer.wrap(bytes.clone());
        aheadNs = hereNs - thereNs;
        ByteBuffer part = part();
        boolean hasFront = false;
        for (int at = Long.BYTES; at < bytes.length; at += EarlierSessions.BYTES) {
            boolean isFront = (all.get(at + OFFSET_LIFETIME) & 0xff) == EarlierSessions.FRONT_END;
            if (!isFront) {
                check(at, hasFront, thereNs);
            }
            part.put(all.array(), at, EarlierSessions.BYTES);
            hasFront = isFront;
            if (!isFront) {
                part = settled(part, at);
            }
        }
        if (hasFront) {
            throw damaged("a Service without its session");
        }
        end(part);
    }

    private static ByteBuffer part() {
        return ByteBuffer.allocate(Long.BYTES + 2 * PART * EarlierSessions.BYTES)
                .putLong(EarlierSessions.LAYOUT);
    }

    private void end(ByteBuffer part) {
        if (part.position() > Long.BYTES) {
            byte[] bytes = new byte[part.position()];
            part.flip().get(bytes);
            parts.add(bytes);
        }
    }

    /** A session is whole; one of the pod's is taken out again. */
    private ByteBuffer settled(ByteBuffer part, int at) {
        int flags = all.get(at + OFFSET_FLAGS);
        if ((flags & POD) != 0) {
            part.position(part.position() - EarlierSessions.BYTES);
            leftOut++;
            return part;
        }
        count++;
        boolean isOfGuest = (flags & SessionTable.INBOUND) == 0;
        if (protocol(at) == Protocols.TCP || protocol(at) == Protocols.UDP && isOfGuest) {
            connections.add(connection(at)); // a server learns nothing from its clients' datagrams
        }
        if (part.remaining() < 2 * EarlierSessions.BYTES) {
            end(part);
            return part();
        }
        return part;
    }

    private int protocol(int at) {
        return all.get(at + OFFSET_LIFETIME - 1) & 0xff;
    }

    /** What the guest has as its remote: of a Service, its address. */
    private Connection connection(int at) {
        boolean isByService = (all.get(at + OFFSET_FLAGS) & SessionTable.BY_SERVICE) != 0;
        int from = isByService ? at - EarlierSessions.BYTES : at;
        return new Connection(
                protocol(at),
                all.getShort(at + 16) & 0xffff,
                all.getLong(from),
                all.getLong(from + 8),
                all.getShort(from + 20) & 0xffff);
    }

    private void check(int at, boolean hasFront, long thereNs) {
        boolean ipv4 = Ip.isMapped(all.getLong(at), all.getLong(at + 8));
        int protocol = protocol(at);
        boolean isByService = (all.get(at + OFFSET_FLAGS) & SessionTable.BY_SERVICE) != 0;
        if ((all.get(at + OFFSET_LIFETIME) & 0xff) >= Lifetime.COUNT
                || protocol == Protocols.ICMP && !ipv4
                || protocol == Protocols.ICMPV6 && ipv4
                || isByService != hasFront) {
            throw damaged("a session that cannot be");
        }
        long lastSeenNs = all.getLong(at + OFFSET_LAST_SEEN);
        if (lastSeenNs - thereNs > 0) {
            throw damaged("a session seen after the file was written");
        }
        all.putLong(at + OFFSET_LAST_SEEN, lastSeenNs + aheadNs);
    }

    private static IllegalArgumentException damaged(String what) {
        return new IllegalArgumentException("sessions must be whole: found=" + what);
    }

    /** How many may move. */
    public int count() {
        return count;
    }

    /** Of the pod's own processes. */
    public int leftOut() {
        return leftOut;
    }

    /** For {@link Nat#take}, one after the other. */
    public List<byte[]> parts() {
        return parts;
    }

    /** What the guest has with others, by TCP or UDP. */
    public List<Connection> connections() {
        return connections;
    }

    /** There are sessions of this family. */
    public static boolean hasFamily(DualStack addresses, Connection of) {
        return Ip.isMapped(of.remoteHigh(), of.remoteLow())
                ? addresses.ipv4().isOn()
                : addresses.ipv6().isOn();
    }
}
