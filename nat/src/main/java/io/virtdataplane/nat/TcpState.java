package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.wire.Sctp;
import io.virtdataplane.wire.Tcp;

/**
 * What a NAT has to know of a TCP connection (RFC 7857 2): a set of bits, what each side has sent.
 * A connection that we meet in midstream, after a restart, counts as opened by each side that
 * sends.
 */
final class TcpState {
    private static final int OPENED_OUT = 1;
    private static final int OPENED_IN = 2;
    private static final int FIN_OUT = 4;
    private static final int FIN_IN = 8;
    private static final int RESET = 16;
    private static final int OPENED = OPENED_OUT | OPENED_IN;

    private static final int FINISHED = FIN_OUT | FIN_IN;

    private TcpState() {}

    /**
     * The state after a segment with these flags. A new SYN on a closed connection opens it again.
     */
    static int next(int state, int flags, boolean outward) {
        if ((flags & (Tcp.SYN | Tcp.ACK | Tcp.RST)) == Tcp.SYN && isClosed(state)) {
            state = 0;
        }
        if ((flags & Tcp.RST) != 0) {
            return state | RESET;
        }
        state &= ~RESET; // it goes on: the reset was forged or out of window (RFC 7857 2.2)
        if ((flags & (Tcp.SYN | Tcp.ACK))
                != Tcp.SYN) { // a first SYN proves nothing: a flood of them must stay transitory
            state |= outward ? OPENED_OUT : OPENED_IN;
        }
        if ((flags & Tcp.FIN) != 0) {
            state |= outward ? FIN_OUT : FIN_IN;
        }
        return state;
    }

    /** SCTP by the first chunk of a packet: an association is open when both sides have sent. */
    static int nextSctp(int state, int chunk, boolean outward) {
        if (chunk == Sctp.ABORT || chunk == Sctp.SHUTDOWN_COMPLETE) {
            return state | RESET;
        }
        if (chunk == Sctp.INIT) {
            return isClosed(state) ? 0 : state; // proves nothing, as a first SYN
        }
        return state & ~RESET | (outward ? OPENED_OUT : OPENED_IN);
    }

    /** The state after segments that the kernel has carried: {@link FlowTable#said}. */
    static int after(int state, int saidOut, int saidIn, boolean reset) {
        return state
                | ((saidOut & FlowTable.SAID_OPEN) != 0 ? OPENED_OUT : 0)
                | ((saidIn & FlowTable.SAID_OPEN) != 0 ? OPENED_IN : 0)
                | ((saidOut & FlowTable.SAID_FIN) != 0 ? FIN_OUT : 0)
                | ((saidIn & FlowTable.SAID_FIN) != 0 ? FIN_IN : 0)
                | (reset ? RESET : 0);
    }

    /** What one side has said so far, as a flow has it. */
    static int said(int state, boolean outward) {
        return ((state & (outward ? OPENED_OUT : OPENED_IN)) != 0 ? FlowTable.SAID_OPEN : 0)
                | ((state & (outward ? FIN_OUT : FIN_IN)) != 0 ? FlowTable.SAID_FIN : 0);
    }

    /** Nothing but first SYNs was sent. */
    static boolean isNew(int state) {
        return state == 0;
    }

    static boolean isClosed(int state) {
        return (state & RESET) != 0 || (state & FINISHED) == FINISHED;
    }

    /** Both sides have opened it, and not both have said that it ends. */
    static boolean isOpen(int state) {
        return (state & OPENED) == OPENED && !isClosed(state);
    }

    static int lifetime(int state) {
        if (isClosed(state)) {
            return Lifetime.TCP_CLOSED;
        }
        return (state & OPENED) == OPENED ? Lifetime.TCP_ESTABLISHED : Lifetime.TCP_TRANSITORY;
    }

    /** As session listings name it. */
    static String text(int state) {
        if ((state & RESET) != 0) {
            return "RESET";
        }
        if ((state & FINISHED) == FINISHED) {
            return "CLOSED";
        }
        if ((state & FINISHED) != 0) {
            return "CLOSING";
        }
        return (state & OPENED) == OPENED ? "ESTABLISHED" : "OPENING";
    }
}
