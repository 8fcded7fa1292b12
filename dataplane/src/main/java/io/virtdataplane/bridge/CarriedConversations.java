package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Vlan;

/**
 * Which conversations of a bridge the kernel carries itself ({@link ConversationTable}): those
 * between two known stations whose frames the walk has sent from one port to another. All that the
 * walk has decided for such a frame holds for the next one, too, until a station moves or goes
 * (which {@link Stations} say at once), or a policy changes ({@link #releaseAll}). Frames that the
 * walk looks into (DHCP, neighbour discovery, groups) are never carried; for a strict guard the
 * program looks at the IPv4 source. Worker's thread.
 *
 * <p>A conversation is handed over when all frames that were received have been sent ({@link
 * #settle}): one that waits here would be overtaken by those that the kernel carries. One that is
 * idle for {@link #IDLE_SWEEPS} looks at it makes room.
 */
final class CarriedConversations {
    private static final int MOST_WAITING = 256;
    private static final int SWEEPS = 16;
    private static final int IDLE_SWEEPS = 2;
    private static final long SWEEP_NS = 1_000_000_000L;
    private static final long FRAME_COUNT = 0xffff_ffffL;

    private final ConversationTable table;
    private final Stations stations;
    private final Fdb fdb;
    private final VlanCounters vlanCounters;
    private final Conversation[] carried; // by place
    private final Conversation[] waiting = new Conversation[MOST_WAITING];
    private int waitingCount;
    private int arrivedTag;
    private int count;
    private int swept;
    private long sweptNs;

    /** What holds for one of them; made once, and filled again. */
    private static final class Conversation {
        long source;
        long destination;
        int vlan;
        int tagIn;
        int tagOut;
        BridgePort ingress; // null: none
        BridgePort egress;
        long frames; // counted until now
        long bytes;
        int idle;

        void set(Conversation other) {
            source = other.source;
            destination = other.destination;
            vlan = other.vlan;
            tagIn = other.tagIn;
            tagOut = other.tagOut;
            ingress = other.ingress;
            egress = other.egress;
            frames = 0;
            bytes = 0;
            idle = 0;
        }

        long sourceKey() {
            return ConversationTable.source(source, tagIn);
        }

        long destinationKey() {
            return ConversationTable.destination(destination, ingress.id(), tagIn);
        }
    }

    CarriedConversations(FastPath path, Stations stations, Fdb fdb, VlanCounters vlanCounters) {
        this.table = new ConversationTable(path);
        this.stations = stations;
        this.fdb = fdb;
        this.vlanCounters = vlanCounters;
        this.carried = made(table.capacity());
        if (isOn()) {
            System.arraycopy(made(MOST_WAITING), 0, waiting, 0, MOST_WAITING);
        }
    }

    private static Conversation[] made(int count) {
        Conversation[] all = new Conversation[count];
        for (int i = 0; i < count; i++) {
            all[i] = new Conversation();
        }
        return all;
    }

    private boolean isOn() {
        return carried.length > 0;
    }

    /** How many there are. */
    int count() {
        return count;
    }

    /** A frame's walk begins: the tag that it came with. */
    void arrived(Frame frame) {
        arrivedTag = frame.isDryRun() ? arrivedTag : frame.tag;
    }

    /**
     * The frame is about to leave by {@code egress}, where its destination is known to be.
     *
     * @param tagOut that it leaves with
     */
    void used(Frame frame, BridgePort ingress, BridgePort egress, int vlan, int tagOut) {
        if (waitingCount == MOST_WAITING
                || !isOn()
                || !mayBe(ingress, egress)
                || frame.isDryRun()
                || !isIp(frame)) {
            return;
        }
        Conversation seen = waiting[waitingCount];
        seen.source = Ethernet.src(frame.data, frame.start);
        seen.destination = Ethernet.dst(frame.data, frame.start);
        seen.vlan = vlan;
        seen.tagIn = arrivedTag;
        seen.tagOut = tagOut;
        seen.ingress = ingress;
        seen.egress = egress;
        int place = table.find(seen.sourceKey(), seen.destinationKey());
        if (place == ConversationTable.NONE || !table.holds(place, stations)) {
            waitingCount++;
        }
    }

    private static boolean mayBe(BridgePort ingress, BridgePort egress) {
        return ingress.kernel.canSendTo(egress.kernel) && !ingress.isHeld() && !egress.isHeld();
    }

    private static boolean isIp(Frame frame) {
        int type = Ethernet.type(frame.data, frame.start);
        return type == Ethernet.IPV4 || type == Ethernet.IPV6;
    }

    /** All frames that were received have been sent. */
    void settle(long nowNs) {
        if (waitingCount == 0) {
            return;
        }
        stations.beat(nowNs);
        for (int i = 0; i < waitingCount; i++) {
            carry(waiting[i], nowNs);
        }
        waitingCount = 0;
    }

    private void carry(Conversation c, long nowNs) {
        int source = fdb.number(c.vlan, c.source);
        int destination = fdb.number(c.vlan, c.destination);
        boolean isStill =
                source != Stations.NO_NUMBER
                        && destination != Stations.NO_NUMBER
                        && fdb.isAt(c.vlan, c.source, c.ingress.index, nowNs)
                        && fdb.isAt(c.vlan, c.destination, c.egress.index, nowNs)
                        && mayBe(c.ingress, c.egress);
        if (!isStill) {
            return;
        }
        long sourceKey = c.sourceKey();
        long destinationKey = c.destinationKey();
        int place = table.find(sourceKey, destinationKey);
        if (place != ConversationTable.NONE) {
            if (table.holds(place, stations)) {
                return; // two frames of it have waited
            }
            release(place);
        }
        place = table.free(sourceKey, destinationKey);
        if (place == ConversationTable.NONE) {
            return;
        }
        carried[place].set(c);
        int longest = c.egress.policy.mtu() + Ethernet.HEADER + Vlan.TAG;
        StationGuard guard = c.ingress.guard;
        table.way(place, c.egress.kernel, guard.isStrict(), c.tagOut, longest);
        stations.address(source, guard.leasedAddress());
        table.between(place, stations, source, destination);
        table.publish(place, sourceKey, destinationKey);
        count++;
    }

    /** Counts a part of them, once a second; true while there are any. */
    boolean sweep(long nowNs) {
        if (count == 0 || nowNs - sweptNs < SWEEP_NS) {
            return count > 0;
        }
        sweptNs = nowNs;
        stations.beat(nowNs);
        int part = carried.length / SWEEPS;
        for (int i = 0; i < part; i++) {
            if (table.isUsed(swept)) {
                look(swept);
            }
            swept = swept + 1 == carried.length ? 0 : swept + 1;
        }
        return count > 0;
    }

    private void look(int place) {
        Conversation c = carried[place];
        long before = c.frames;
        count(place);
        c.idle = c.frames == before ? c.idle + 1 : 0;
        if (c.idle >= IDLE_SWEEPS || !table.holds(place, stations)) {
            release(place);
        }
    }

    /** Ports and VLANs have counted all that was carried until now. */
    void collect() {
        for (int place = 0, left = count; left > 0; place++) {
            if (table.isUsed(place)) {
                count(place);
                left--;
            }
        }
    }

    private void count(int place) {
        Conversation c = carried[place];
        long inAll = table.frames(place);
        long bytesInAll = table.bytes(place);
        long frames = inAll - c.frames & FRAME_COUNT;
        long gso = inAll - c.frames >>> Integer.SIZE;
        long bytes = bytesInAll - c.bytes;
        c.frames = inAll;
        c.bytes = bytesInAll;
        if (frames > 0) {
            c.ingress.sentPast(frames, bytes, gso);
            c.egress.gotPast(frames, bytes);
            vlanCounters.count(c.vlan, frames, bytes);
        }
    }

    /** Its frames are walked, from the next one on. */
    private void release(int place) {
        table.remove(place);
        count(place);
        carried[place].ingress = null;
        carried[place].egress = null;
        count--;
    }

    /** Those of all; they come back when they are used. */
    void releaseAll() {
        releaseOf(null);
    }

    /** Those that come in or leave by the port; {@code null}: all. */
    void releaseOf(BridgePort port) {
        waitingCount = 0;
        for (int place = 0, left = count; left > 0; place++) {
            if (table.isUsed(place)) {
                left--;
                Conversation c = carried[place];
                if (port == null || c.ingress == port || c.egress == port) {
                    release(place);
                }
            }
        }
    }
}
