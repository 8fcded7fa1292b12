package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.BridgeVif;
import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Headers;
import io.virtdataplane.dataplane.Outlet;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Switch;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;

/**
 * One virtual switch with the behaviour of a Linux bridge (net/bridge): {@link #process} is a
 * frame's way through it, in order. Tables and ports are the worker's; others send it commands. GSO
 * frames cross unsegmented, and a tag that a port needs otherwise is moved in place.
 */
public final class Bridge implements Switch {
    /** As the Linux bridge has it: BR_MAX_PORTS. */
    public static final int MAX_PORTS = 1024;

    private static final long RESERVED_GROUP = 0x0180_c200_0000L; // IEEE 802.1D table 7-10
    private static final int PAUSE = 1; // IEEE 802.3 31B: for the next hop's MAC layer only
    private static final int VID = 0xfff;
    private final String name;
    private final Fdb fdb;
    private final BridgePort[] ports = new BridgePort[MAX_PORTS];
    private final BridgeService[] services = new BridgeService[VlanSet.LAST + 1];
    private final VlanCounters vlanCounters = new VlanCounters();
    private final Recipients recipients;
    private final CarriedConversations carried;
    private BridgePolicy policy;

    /** {@code stations}: how many it knows at a time at most. */
    public Bridge(String name, BridgePolicy policy, int stations) {
        this(name, policy, stations, FastPath.NONE);
    }

    /** {@code path}: the kernel carries conversations that are written there. */
    public Bridge(String name, BridgePolicy policy, int stations, FastPath path) {
        this.name = name;
        this.policy = policy;
        Stations numbered = path.isOn() ? new Stations(path.stations()) : Stations.none();
        this.fdb = new Fdb(stations, MAX_PORTS, policy.ageingNs(), numbered);
        this.recipients = new Recipients(policy, ports);
        this.carried = new CarriedConversations(path, numbered, fdb, vlanCounters);
    }

    /** Entries of {@link FastPath#stations} for so many. */
    public static int stationNumbers(int stations) {
        return Fdb.mostFor(stations) + 1;
    }

    @Override
    public Verdict process(Frame frame, BridgeVif vif, Outlet outlet, long nowNs) {
        BridgePort ingress = (BridgePort) vif;
        if (frame.length < Ethernet.HEADER || !Tags.lift(frame)) {
            return Verdict.DROP_MALFORMED;
        }
        carried.arrived(frame);
        long source = Ethernet.src(frame.data, frame.start);
        if (Ethernet.isGroup(source) || source == 0) {
            return Verdict.DROP_MALFORMED;
        }
        Verdict guarded = ingress.guard.check(frame); // before anything is learned
        boolean toServer =
                guarded == Verdict.DROP_SPOOFED_ADDRESS && ingress.guard.asksOwnServer(frame);
        if (guarded != Verdict.CONTINUE && !toServer) {
            return guarded;
        }
        long destination = Ethernet.dst(frame.data, frame.start);
        boolean reserved = (destination & ~0xfL) == RESERVED_GROUP;
        if (reserved && (destination & 0xf) == PAUSE) {
            return Verdict.DROP_RESERVED_GROUP;
        }
        Verdict verdict = admit(frame, ingress);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        int vlan = policy.vlanFiltering() ? frame.tag & VID : 0;
        frame.note(Step.IN_VLAN, vlan, ingress.index);
        if (ingress.policy.has(PortFlag.LOCKED) && !fdb.isAt(vlan, source, ingress.index, nowNs)) {
            return Verdict.DROP_LOCKED;
        }
        if (ingress.policy.has(PortFlag.LEARNING)
                && !frame.isDryRun()
                && !learn(vlan, source, ingress, outlet, nowNs)) {
            return Verdict.DROP_STORM_STATIONS;
        }
        if (reserved && !isForwarded((int) destination & 0xf)) {
            return Verdict.DROP_RESERVED_GROUP; // its sender is a station all the same
        }
        if (!frame.isDryRun()) {
            vlanCounters.count(vlan, frame.length);
        }
        if (!toServer) {
            ingress.look(frame, nowNs);
        }
        BridgeService service = services[vlan];
        if (service != null && (Ethernet.isGroup(destination) || destination == service.mac())) {
            verdict = serve(frame, service, ingress, outlet, nowNs);
            if (verdict != Verdict.CONTINUE) {
                return verdict;
            }
        }
        return toServer ? guarded : forward(frame, ingress, outlet, vlan, destination, nowNs);
    }

    /** An answer leaves by the port that the question came from, in its VLAN. */
    private Verdict serve(
            Frame frame, BridgeService service, BridgePort ingress, Outlet outlet, long nowNs) {
        int tag = frame.tag;
        frame.tag = Frame.UNTAGGED;
        boolean readable = Headers.parse(frame) == Verdict.CONTINUE;
        Verdict verdict = readable ? service.stage().process(frame, nowNs) : Verdict.CONTINUE;
        frame.tag = tag;
        if (verdict == Verdict.ANSWERED) {
            emit(frame, ingress, true, outlet, nowNs);
        }
        return verdict;
    }

    private boolean isForwarded(int group) {
        return group == 0 || (policy.groupForwardMask() >>> group & 1) != 0;
    }

    /**
     * IEEE 802.1Q 6.9: which VLAN the frame is in, noted in its tag; and may this port's frames be
     * in it? A priority tag (VLAN 0) keeps its priority.
     */
    private Verdict admit(Frame frame, BridgePort ingress) {
        if (!policy.vlanFiltering()) {
            return Verdict.CONTINUE;
        }
        PortVlans vlans = ingress.policy.vlans();
        if (frame.tag != Frame.UNTAGGED
                && !ingress.guard.isOfManyStations()
                && Ethernet.type(frame.data, frame.start) == Ethernet.DOT1Q) {
            return Verdict.DROP_VLAN_TAG; // behind a port that takes the first tag off, it hops
        }
        if (frame.tag == Frame.UNTAGGED || (frame.tag & VID) == 0) {
            if (vlans.pvid() == 0) {
                return Verdict.DROP_UNTAGGED;
            }
            int priority = frame.tag == Frame.UNTAGGED ? 0 : frame.tag & 0xf000;
            frame.tag = Ethernet.DOT1Q << 16 | priority | vlans.pvid();
            return Verdict.CONTINUE;
        }
        int vid = frame.tag & VID;
        return vid <= VlanSet.LAST && vlans.members().has(vid)
                ? Verdict.CONTINUE
                : Verdict.DROP_VLAN;
    }

    /** False where more stations come or move than the port's storm control lets. */
    private boolean learn(int vlan, long source, BridgePort ingress, Outlet outlet, long nowNs) {
        boolean isCalm = ingress.storm.allows(StormControl.Kind.STATIONS, nowNs);
        int most = isCalm ? ingress.policy.learnLimit() : 0;
        Fdb.Learned learned = fdb.learn(vlan, source, ingress.index, most, nowNs);
        switch (learned) {
            case FULL -> ingress.unlearned += isCalm ? 1 : 0;
            case MOVED -> moved(source, ingress, ports[fdb.movedFrom()], outlet);
            case KNOWN, NEW, REFUSED -> {}
        }
        if (learned == Fdb.Learned.NEW || learned == Fdb.Learned.MOVED) {
            ingress.storm.take(StormControl.Kind.STATIONS);
        }
        return isCalm || learned != Fdb.Learned.FULL;
    }

    /**
     * A guest's own address that comes back to it, and not for the first time: another station uses
     * it as well. Once it comes with a guest that has moved here.
     */
    private static void moved(long mac, BridgePort now, BridgePort before, Outlet outlet) {
        if (now.guard.isOwn(mac) && before != null && now.cameBack++ > 0) {
            outlet.tell(EventKind.SAME_MAC, now, mac, before.id());
        }
    }

    private Verdict forward(
            Frame frame,
            BridgePort ingress,
            Outlet outlet,
            int vlan,
            long destination,
            long nowNs) {
        if (Ethernet.isGroup(destination)) {
            return sendToMany(frame, ingress, outlet, vlan, nowNs);
        }
        int known = fdb.lookup(vlan, destination, nowNs);
        if (known == Fdb.UNKNOWN) {
            frame.note(Step.STATION_UNKNOWN, vlan, 0);
            return sendToMany(frame, ingress, outlet, vlan, nowNs);
        }
        BridgePort egress = ports[known];
        frame.note(Step.STATION_FOUND, vlan, known);
        if (egress == ingress && !ingress.policy.has(PortFlag.HAIRPIN)) {
            return Verdict.DROP_SAME_PORT;
        }
        if (ingress.policy.has(PortFlag.ISOLATED) && egress.policy.has(PortFlag.ISOLATED)) {
            return Verdict.DROP_ISOLATED;
        }
        if (policy.vlanFiltering() && !egress.policy.vlans().members().has(vlan)) {
            return Verdict.DROP_VLAN;
        }
        if (Recipients.isTooBig(frame, egress)) {
            return Verdict.DROP_TOO_BIG;
        }
        if (!egress.mayGet(frame, nowNs)) {
            return Verdict.DROP_INGRESS_RATE;
        }
        carried.used(frame, ingress, egress, vlan, tagOut(frame, egress));
        emit(frame, egress, ingress.guard.isOfManyStations(), outlet, nowNs);
        return Verdict.FORWARDED;
    }

    /** A copy to each recipient, and the frame itself to the last of them. */
    private Verdict sendToMany(
            Frame frame, BridgePort ingress, Outlet outlet, int vlan, long nowNs) {
        Verdict verdict = recipients.choose(frame, ingress, vlan, nowNs);
        if (verdict.isDrop()) {
            return verdict;
        }
        if (verdict == Verdict.FLOODED) {
            Verdict storm = ingress.storm.check(frame, nowNs);
            if (storm != Verdict.CONTINUE) {
                return storm;
            }
        }
        boolean trusted = ingress.guard.isOfManyStations();
        int last = recipients.count() - 1;
        for (int i = 0; i < last && !frame.isDryRun(); i++) {
            Frame copy = outlet.copy(frame);
            if (copy == null) {
                recipients.at(i).withhold(frame);
            } else {
                emit(copy, recipients.at(i), trusted, outlet, nowNs);
            }
        }
        emit(frame, recipients.at(last), trusted, outlet, nowNs);
        return verdict;
    }

    /** {@code trusted}: it comes from no guest, so a DHCP server may have sent it. */
    private void emit(Frame frame, BridgePort egress, boolean trusted, Outlet outlet, long nowNs) {
        if (trusted && !frame.isDryRun() && egress.guard.sees(frame)) {
            carried.releaseOf(egress); // what they sent from before may be theirs no more
        }
        frame.tag = tagOut(frame, egress);
        if (frame.tag != Frame.UNTAGGED) {
            Tags.push(frame);
        }
        outlet.send(frame, egress, nowNs);
    }

    /** The tag that it leaves with. */
    private int tagOut(Frame frame, BridgePort egress) {
        boolean isTakenOff =
                frame.tag != Frame.UNTAGGED
                        && policy.vlanFiltering()
                        && egress.policy.vlans().untagged().has(frame.tag & VID);
        return isTakenOff ? Frame.UNTAGGED : frame.tag;
    }

    @Override
    public void settle(long nowNs) {
        carried.settle(nowNs);
    }

    @Override
    public boolean age(long nowNs) {
        return fdb.age(nowNs) | recipients.age(nowNs) | carried.sweep(nowNs);
    }

    /** The port's frames are walked, from the next one on. */
    void release(BridgePort port) {
        carried.releaseOf(port);
    }

    /** What was carried is counted. */
    void collect() {
        carried.collect();
    }

    /** Conversations that the kernel carries now. */
    public int carried() {
        return carried.count();
    }

    public String name() {
        return name;
    }

    public BridgePolicy policy() {
        return policy;
    }

    /** Worker's thread, as all below: a port more. */
    public BridgePort add(BridgePortPlan plan) {
        for (int index = 0; index < MAX_PORTS; index++) {
            if (ports[index] == null) {
                ports[index] = new BridgePort(plan.id(), plan.name(), index, this, plan);
                ports[index].policy = shared(plan.policy());
                recipients.changed();
                return ports[index];
            }
        }
        throw new IllegalStateException(
                "ports of a bridge must be at most " + MAX_PORTS + ": bridge=" + name);
    }

    /** The port is gone, and the stations behind it. */
    public void remove(BridgePort port) {
        carried.releaseOf(port);
        ports[port.index] = null;
        fdb.flush(port.index, -1);
        recipients.forget(port);
    }

    /** The stations behind the port are elsewhere: they are looked for on all ports again. */
    public void forgetStations(BridgePort port) {
        carried.releaseOf(port);
        fdb.flush(port.index, -1);
    }

    /** Stations of VLANs that the port has no longer are forgotten. */
    public void change(BridgePort port, PortPolicy changed) {
        if (policy.vlanFiltering()) {
            fdb.flushOutside(port.index, changed.vlans().members());
        }
        port.policy = shared(changed);
        recipients.changed();
        carried.releaseAll();
    }

    /**
     * One object for all ports of the same policy, as guests of one network have: the walk finds it
     * in the cache whichever port a frame is of.
     */
    private PortPolicy shared(PortPolicy policy) {
        for (BridgePort port : ports) {
            if (port != null && port.policy.equals(policy)) {
                return port.policy;
            }
        }
        return policy;
    }

    public void change(BridgePolicy changed) {
        if (changed.vlanFiltering() != policy.vlanFiltering()) {
            for (BridgePort port : ports) {
                if (port != null) {
                    fdb.flush(port.index, -1);
                }
            }
        }
        fdb.ageing(changed.ageingNs());
        policy = changed;
        recipients.change(changed);
        carried.releaseAll();
    }

    /** An operator's entry; false where the table is full. */
    public boolean putStation(int vlan, long mac, BridgePort port, boolean sticky, long nowNs) {
        return fdb.put(vlan, mac, port.index, sticky ? Fdb.STICKY : 0, nowNs);
    }

    /** A station that an earlier run has last seen then; what this one has learned stays. */
    public void resumeStation(int vlan, long mac, BridgePort port, long seenNs, long nowNs) {
        if (seenNs - nowNs <= 0 && fdb.lookup(vlan, mac, nowNs) == Fdb.UNKNOWN) {
            fdb.learn(vlan, mac, port.index, port.policy.learnLimit(), seenNs);
        }
    }

    public boolean removeStation(int vlan, long mac) {
        return fdb.remove(vlan, mac);
    }

    public void forEachStation(long nowNs, Fdb.Reader reader) {
        fdb.forEach(nowNs, reader);
    }

    /** Who has joined which group; nothing where snooping is off. */
    public void forEachMember(long nowNs, Groups.Reader reader) {
        recipients.forEachMember(nowNs, reader);
    }

    public int stations() {
        return fdb.size();
    }

    /** Stations learned on the port. */
    public int learned(BridgePort port) {
        return fdb.learned(port.index);
    }

    /** Of a station's port number; null where it has gone. */
    public BridgePort port(int index) {
        return ports[index];
    }

    /** Of a VLAN, 0 where the bridge filters none; null ends it. */
    public void service(int vlan, BridgeService service) {
        services[vlan] = service;
        carried.releaseAll();
    }

    public VlanCounters vlanCounters() {
        carried.collect();
        return vlanCounters;
    }
}
