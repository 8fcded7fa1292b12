package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Stage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The NAT of one masquerade NIC: two stages over one set of sessions. Built by the control thread,
 * then used by the worker's.
 */
public final class Nat {
    private final Sessions sessions;
    private final Outbound outbound;
    private final Inbound inbound;

    /**
     * @param memory {@link #bytes} zero bytes for the sessions; pages may be backed lazily
     * @param seed for hashing and port choice; not to be guessed by a guest
     */
    public Nat(NatPlan plan, PodPorts podPorts, MemorySegment memory, long seed) {
        MemorySegment users = memory.asSlice(0, Sessions.USERS_BYTES);
        SessionTable table =
                new SessionTable(memory.asSlice(Sessions.USERS_BYTES), plan.sessionLimit(), seed);
        sessions = new Sessions(plan, podPorts, table, users, seed);
        outbound = new Outbound(plan, sessions);
        inbound = new Inbound(plan, sessions);
        sessions.steerOpenPorts();
    }

    public static long bytes(int sessionLimit) {
        return Sessions.USERS_BYTES + SessionTable.bytes(sessionLimit);
    }

    public Stage outbound() {
        return outbound;
    }

    public Stage inbound() {
        return inbound;
    }

    /** Worker's thread. */
    public int sessionCount() {
        return sessions.table().size();
    }

    /** Up to {@code limit} sessions, longest idle first. Worker's thread. */
    public List<SessionView> list(int limit, long nowNs) {
        List<SessionView> views = new ArrayList<>();
        SessionTable table = sessions.table();
        for (int lifetime = 0; lifetime < Lifetime.COUNT; lifetime++) {
            for (int session = table.oldest(lifetime);
                    session != SessionTable.NONE && views.size() < limit;
                    session = table.next(session)) {
                views.add(SessionView.of(table, session, nowNs));
            }
        }
        return views;
    }
}
