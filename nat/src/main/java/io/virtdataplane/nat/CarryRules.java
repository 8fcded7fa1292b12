package io.virtdataplane.nat;

import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.wire.Dhcp;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.util.function.IntPredicate;

/** Which sessions the kernel may carry ({@link CarriedSessions}). Worker's thread. */
final class CarryRules {
    private static final int ONE_WAY_FRAMES = 4;
    private final DualStack addresses;
    private IntPredicate holds = session -> true;

    CarryRules(DualStack addresses) {
        this.addresses = addresses;
    }

    /** As {@link CarriedSessions#ask}. */
    void ask(IntPredicate newHolds) {
        holds = newHolds;
    }

    static boolean isTcp(SessionTable table, int session) {
        return table.protocol(session) == Protocols.TCP;
    }

    static boolean isNewConnection(SessionTable table, int session) {
        return isTcp(table, session) && TcpState.isNew(table.state(session));
    }

    static boolean isDatagramsByService(SessionTable table, int session) {
        return table.hasFrontEnd(session) && !isTcp(table, session);
    }

    /** It has its endpoint, where it is by a Service. */
    boolean holds(int session) {
        return holds.test(session);
    }

    boolean mayBeCarried(SessionTable table, int session) {
        return isWorthIt(table, session)
                && !table.isWalked(session)
                && isBetweenGuestAndOutside(table, session)
                && (!isDatagramsByService(table, session) || holds(session));
    }

    boolean isBetweenGuestAndOutside(SessionTable table, int session) {
        if (table.origin(session) != Loopback.NONE) {
            return false;
        }
        long high = table.remoteHigh(session);
        long low = table.remoteLow(session);
        return !(Ip.isMapped(high, low) ? addresses.ipv4() : addresses.ipv6()).isPod(high, low);
    }

    /** Of a UDP session the first frame was walked. */
    static boolean isFirstDatagram(SessionTable table, int session) {
        return table.protocol(session) == Protocols.UDP
                && table.framesOut(session) + table.framesIn(session) == 1;
    }

    /** Others like this UDP session may be carried from their first frame on. */
    boolean hasOthersAlike(SessionTable table, int session) {
        return table.protocol(session) == Protocols.UDP
                && table.remotePort(session) != Dhcp.SERVER_PORT
                && !table.isWalked(session)
                && isBetweenGuestAndOutside(table, session);
    }

    private static boolean isWorthIt(SessionTable table, int session) {
        int state = table.state(session);
        return switch (table.protocol(session)) {
            case Protocols.TCP -> TcpState.isOpen(state) || TcpState.isNew(state);
            // What a DHCP client says of itself is looked at.
            case Protocols.UDP ->
                    isStream(table, session) && table.remotePort(session) != Dhcp.SERVER_PORT;
            default -> false;
        };
    }

    /**
     * Not a query that nobody answers: where it is not opened by the kernel, it is walked for less.
     */
    private static boolean isStream(SessionTable table, int session) {
        long out = table.framesOut(session);
        long in = table.framesIn(session);
        return out > 0 && in > 0 || out + in >= ONE_WAY_FRAMES;
    }
}
