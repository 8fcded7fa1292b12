package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.dataplane.Stage;
import io.virtdataplane.dataplane.VifState;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The NAT of one masquerade NIC: two stages over one set of sessions. Built by the control thread,
 * then used by the worker's.
 */
public final class Nat {
    private final NatPlan plan;
    private final Sessions sessions;
    private final CarriedSessions carried;
    private final OpenedSessions opened;
    private final Fragments outboundFragments;
    private final Fragments inboundFragments;
    private final Outbound outbound;
    private final Inbound inbound;
    private final MeshMembership membership;
    private final long seed;
    private NatPolicy asked;
    private VifState state;
    private String setAside = "";

    /**
     * @param memory {@link #bytes} zero bytes; pages may be backed lazily
     * @param table {@link #tableBytes} zero bytes for the policy's number of sessions, likewise
     * @param flows of the NIC that the kernel carries, or {@link FlowTable#none}
     * @param seed for hashing and port choice; not to be guessed by a guest
     */
    public Nat(
            NatPlan plan,
            NatPolicy policy,
            PodPorts podPorts,
            MemorySegment memory,
            MemorySegment table,
            FlowTable flows,
            long seed) {
        this(plan, policy, podPorts, memory, table, flows, seed, null, VifState.ACTIVE);
    }

    /**
     * Goes on where an earlier run has left off.
     *
     * @param earlier what that run had, which {@code flows} and {@code podPorts} have it from, too
     * @param state as for {@link #state}
     */
    public Nat(
            NatPlan plan,
            NatPolicy asked,
            PodPorts podPorts,
            MemorySegment memory,
            MemorySegment table,
            FlowTable flows,
            long seed,
            Earlier earlier,
            VifState state) {
        this.asked = asked;
        this.state = state;
        NatPolicy policy = inForce();
        this.plan = plan;
        this.seed = seed;
        int longest = longest(plan);
        long fragmentBytes = Fragments.bytes(NatPolicy.Limits.MAX_FRAGMENTS, longest);
        int limit = policy.limits().fragments();
        outboundFragments =
                new Fragments(
                        memory.asSlice(OutsidePool.BYTES, fragmentBytes),
                        NatPolicy.Limits.MAX_FRAGMENTS,
                        limit,
                        longest,
                        seed);
        inboundFragments =
                new Fragments(
                        memory.asSlice(OutsidePool.BYTES + fragmentBytes, fragmentBytes),
                        NatPolicy.Limits.MAX_FRAGMENTS,
                        limit,
                        longest,
                        seed);
        SessionTable sessionTable = new SessionTable(table, policy.limits().sessions(), seed);
        carried = new CarriedSessions(flows, plan.addresses(), sessionTable, policy);
        sessions =
                new Sessions(
                        policy, podPorts, sessionTable, new OutsidePool(memory), carried, seed);
        opened = new OpenedSessions(flows, sessions, carried);
        carried.with(opened);
        membership = new MeshMembership(policy.mesh(), podPorts);
        outbound = new Outbound(plan, sessions, outboundFragments, carried, membership, seed);
        inbound =
                new Inbound(
                        plan,
                        sessions,
                        inboundFragments,
                        new PodFlows(sessions, podPorts),
                        outbound);
        if (earlier != null) {
            resume(earlier, flows);
        }
        sessions.drained(state == VifState.DRAINED);
        steer();
        membership.change(policy.mesh());
    }

    /**
     * What there is of an earlier run.
     *
     * @param sessions as {@link #keep} gave them; empty where it was killed
     */
    public record Earlier(byte[] sessions, long nowNs) {}

    private void resume(Earlier from, FlowTable flows) {
        EarlierSessions earlier = new EarlierSessions(sessions, plan.addresses(), from.nowNs());
        try {
            earlier.resume(from.sessions());
        } catch (IllegalArgumentException e) {
            setAside = e.getMessage();
        }
        if (flows.isOn()) {
            new EarlierFlows(flows, carried, sessions.table(), earlier, from.nowNs()).resume();
        }
        earlier.age();
    }

    /** Why an earlier run's sessions could not be read; else empty. */
    public String setAside() {
        return setAside;
    }

    /** The sessions, for the next run of the daemon on this machine. Worker's thread. */
    public byte[] keep(long nowNs) {
        return EarlierSessions.write(sessions.table(), carried, nowNs);
    }

    /**
     * Takes over sessions that were another node's; those whose ports or remote ends are taken here
     * are left out. Worker's thread.
     *
     * @param part one of {@link MovedSessions#parts}
     * @return how many
     */
    public int take(byte[] part, long nowNs) {
        int before = sessions.table().size();
        new EarlierSessions(sessions, plan.addresses(), nowNs).resume(part);
        return sessions.table().size() - before;
    }

    /**
     * The guest's connections from before its move have no other end: what it sends in the middle
     * of one is answered by a reset, for as long as it may hold one. Worker's thread.
     */
    public void loseConnections(long nowNs) {
        outbound.lostUntil(nowNs + asked.timeouts().tcpEstablished());
    }

    /** Of all but the sessions. */
    public static long bytes(NatPlan plan) {
        return OutsidePool.BYTES
                + 2 * Fragments.bytes(NatPolicy.Limits.MAX_FRAGMENTS, longest(plan));
    }

    public static long tableBytes(int sessions) {
        return SessionTable.bytes(sessions);
    }

    /** Bytes of the longest frame that may have to wait. */
    private static int longest(NatPlan plan) {
        return Math.max(plan.uplinkMtu(), plan.guestMtu()) + 32;
    }

    private void steer() {
        if (plan.addresses().ipv4().isOn()) {
            sessions.numbers().steerAll(false, sessionCount() > 0);
        }
        if (plan.addresses().ipv6().isOn()) {
            sessions.numbers().steerAll(true, sessionCount() > 0);
        }
    }

    public Stage outbound() {
        return outbound;
    }

    public Stage inbound() {
        return inbound;
    }

    public NatPolicy policy() {
        return asked;
    }

    private NatPolicy inForce() {
        return state == VifState.ACTIVE ? asked : asked.silent();
    }

    /** How many sessions the table can hold, whatever the limit is. Worker's thread. */
    public int capacity() {
        return sessions.table().capacity();
    }

    /**
     * From now on; established sessions go on. Where the limit on sessions is above {@link
     * #capacity}, {@link #grow} comes first. Worker's thread.
     */
    public void change(NatPolicy newPolicy) {
        asked = newPolicy;
        enforce();
    }

    /**
     * Where the guest is. Until it is here, nothing that comes for it is refused by anybody: its
     * sessions may be on their way. Worker's thread.
     */
    public void state(VifState now) {
        state = now;
        sessions.drained(now == VifState.DRAINED);
        enforce();
    }

    private void enforce() {
        NatPolicy policy = inForce();
        sessions.policy(policy);
        outboundFragments.limit(policy.limits().fragments());
        inboundFragments.limit(policy.limits().fragments());
        steer();
        membership.change(policy.mesh());
    }

    /** An earlier run was in a mesh: the pod's kernel may have connections of the guest. */
    public void wasInMesh() {
        membership.was();
    }

    /**
     * The Services that the guest reaches from now on. Worker's thread.
     *
     * @param counts of all guests of the thread
     * @param hasNew as {@link ServiceTable#hasNew} has it: sessions are looked through for those
     *     that were opened before
     */
    public void services(ServiceTable services, ServiceCounts counts, boolean hasNew) {
        opened.forget(); // what is a Service from now on is no plain address
        carried.readNotes(System.nanoTime());
        outbound.services().change(services, counts, hasNew);
    }

    /** Moves all sessions into {@link #tableBytes} of new memory. Worker's thread. */
    public void grow(MemorySegment table, int capacity) {
        sessions.moveTo(new SessionTable(table, capacity, seed));
    }

    /** Worker's thread. */
    public int sessionCount() {
        return sessions.table().size();
    }

    /** How many of them the kernel carries. Worker's thread. */
    public int carriedCount() {
        return carried.count();
    }

    /** Fragments that wait for the first of their datagram. Worker's thread. */
    public int waitingFragments() {
        return outboundFragments.waitingCount() + inboundFragments.waitingCount();
    }

    /** Up to {@code limit} sessions, longest idle first. Worker's thread. */
    public List<SessionView> list(int limit, long nowNs) {
        List<SessionView> views = new ArrayList<>();
        carried.readNotes(nowNs);
        SessionTable table = sessions.table();
        for (int session :
                longestIdle(table, limit)) { // to count one may move it to its list's end
            carried.count(session, nowNs);
            views.add(SessionView.of(table, session, nowNs));
        }
        return views;
    }

    /** Of each lifetime those that were idle longest first. */
    static int[] longestIdle(SessionTable table, int limit) {
        int[] sessions = new int[Math.min(limit, table.size())];
        int count = 0;
        for (int lifetime = 0; lifetime < Lifetime.COUNT; lifetime++) {
            for (int session = table.oldest(lifetime);
                    session != SessionTable.NONE && count < sessions.length;
                    session = table.next(session)) {
                sessions[count++] = session;
            }
        }
        return sessions;
    }
}
