package io.virtdataplane.daemon.nic;

import io.virtdataplane.api.NatSettings;
import io.virtdataplane.daemon.attach.AttachedNic;
import io.virtdataplane.daemon.attach.Closing;
import io.virtdataplane.daemon.attach.DataPath;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.Nic;
import io.virtdataplane.dataplane.NicAddresses;
import io.virtdataplane.dataplane.NicPlan;
import io.virtdataplane.dataplane.NicPorts;
import io.virtdataplane.dataplane.NicStages;
import io.virtdataplane.dataplane.Vif;
import io.virtdataplane.dataplane.VifState;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.dhcp.Responders;
import io.virtdataplane.nat.Nat;
import io.virtdataplane.nat.NatPlan;
import io.virtdataplane.nat.ServiceCounts;
import io.virtdataplane.nat.ServiceTable;
import io.virtdataplane.port.Steering;
import io.virtdataplane.port.UplinkPort.Uplink;
import io.virtdataplane.sys.Mapping;
import io.virtdataplane.wire.AddressText;
import java.security.SecureRandom;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A NIC behind a pod's address, with everything that was opened for it. Made whole or not at all;
 * {@link #close} gives all of it back.
 */
public final class MasqueradeNic implements AttachedNic {
    /**
     * KubeVirt's gateway address, the same in every pod, so that a guest's neighbour entry outlives
     * a migration.
     */
    public static final long GATEWAY_MAC = 0x0200_0000_0000L;

    private static final SecureRandom RANDOM = new SecureRandom();
    private final WorkerThread worker;
    private final KeptNics kept;
    private final Runnable ended;
    private final long attachedMs = System.currentTimeMillis();
    private final NicDevices devices;
    private final ResolvConf resolvConf;
    private final Addresses ipv4;
    private final Addresses ipv6;
    private final Nat nat;
    private final Responders responders;
    private final Nic nic;
    private final Mapping memory; // of the NAT's stages, of fixed size
    private BootServer bootServer; // null where no name is followed
    private Mapping table; // of the sessions; gives way to a larger one
    private volatile MasqueradeSpec spec;
    private final PodDevices opened;
    private final MovingSessions sessions = new MovingSessions(this);
    private PodDevices seen; // at the last look
    private int resumed; // sessions of an earlier run
    private String setAside = "";
    private volatile boolean isOver;

    /**
     * @param ended is run when all has been given back
     */
    MasqueradeNic(
            int id,
            MasqueradeSpec spec,
            WorkerThread worker,
            DataPath path,
            KeptNics kept,
            Runnable ended) {
        this.spec = spec;
        this.worker = worker;
        this.kept = kept;
        this.ended = ended;
        this.devices = NicDevices.open(id, spec, path, kept, RANDOM.nextLong());
        Mapping made = null;
        try {
            opened = PodDevices.look(spec);
            seen = opened;
            resolvConf =
                    ResolvConf.read(spec.pod().resolvConf(), spec.netns())
                            .ofSubdomain(spec.nic().subdomain());
            ipv4 = devices.ipv4(spec.nic().cidr());
            ipv6 = devices.ipv6(spec.nic().ipv6Cidr());
            prepareMesh();
            NatPlan plan = natPlan();
            made = Mapping.anonymous(Nat.bytes(plan));
            memory = made;
            table = Mapping.table(Nat.tableBytes(spec.policy().limits().sessions()));
            nat = nat(plan);
            responders = responders(id);
            NicPlan nicPlan = nicPlan(id);
            nic = worker.ask(on -> attach(nicPlan, on));
        } catch (RuntimeException e) {
            boolean isKept = devices.uplink().steering().isKept(); // it is tried again
            Closing.all(spec.name(), isKept ? devices::leave : devices::giveUp, made, table);
            throw e;
        }
    }

    private Nic attach(NicPlan plan, Worker on) {
        Nic attached = on.attach(plan);
        attached.state(spec.state());
        return attached;
    }

    /** Connections that an earlier run had in a mesh go on there. */
    private void prepareMesh() {
        if (spec.policy().mesh().isOn() || devices.uplink().steering().wasInMesh()) {
            devices.openMesh(spec, new DualStack(ipv4, ipv6), GATEWAY_MAC);
        } else {
            devices.closeMesh(spec.netns(), GATEWAY_MAC);
        }
    }

    private NatPlan natPlan() {
        int[] linkLocal = resolvConf.nameServers().stream().mapToInt(Integer::intValue).toArray();
        return new NatPlan(
                new DualStack(ipv4, ipv6), linkLocal, devices.uplink().mtu(), devices.guestMtu());
    }

    private Nat nat(NatPlan plan) {
        Steering steering = devices.uplink().steering();
        steering.flows().nic().absence(kept.absenceNs());
        KeptNics.Sessions earlier =
                kept.takeSessions(spec.name(), SessionFile.addresses(ipv4, ipv6));
        boolean isResumed = steering.isKept() || earlier.bytes().length > 0;
        Nat made =
                new Nat(
                        plan,
                        spec.policy(),
                        new SteeredPorts(steering.tables()),
                        memory.segment(),
                        table.segment(),
                        steering.flows(),
                        RANDOM.nextLong(),
                        isResumed ? new Nat.Earlier(earlier.bytes(), System.nanoTime()) : null,
                        spec.state());
        if (steering.wasInMesh()) {
            made.wasInMesh();
        }
        resumed = isResumed ? made.sessionCount() : 0;
        setAside =
                Stream.of(steering.setAside(), earlier.setAside(), made.setAside())
                        .filter(each -> !each.isEmpty())
                        .collect(Collectors.joining("; "));
        return made;
    }

    /** What of an earlier run it goes on with, in words; empty: nothing. */
    String resumed() {
        Steering steering = devices.uplink().steering();
        if (!steering.isKept() && resumed == 0) {
            return "";
        }
        String programs = steering.isReplaced() ? "replaced" : steering.isKept() ? "kept" : "new";
        return "sessions=" + resumed + " programs=" + programs;
    }

    /** Why something of an earlier run is not used; empty: all is. */
    String setAside() {
        return setAside;
    }

    private Responders responders(int id) {
        GatewayScopes scopes = new GatewayScopes(spec, resolvConf, devices.smallestMtu());
        return new Responders(scopes.ipv4(), ipv4.isOn(), scopes.ipv6(ipv6), worker.events(), id);
    }

    private NicPlan nicPlan(int id) {
        return new NicPlan(
                id,
                spec.name(),
                new NicPorts(devices.guest(), devices.uplink().port()),
                new NicAddresses(
                        spec.nic().mac(), spec.pinsMac(), GATEWAY_MAC, new DualStack(ipv4, ipv6)),
                new NicStages(responders, nat.outbound(), nat.inbound()),
                devices.uplink().steering().flows());
    }

    /**
     * {@code report} is told where the server is that the guest boots from, where it has a name.
     */
    void followBootServer(Consumer<String> report) {
        bootServer =
                BootServer.follow(
                        spec,
                        resolvConf,
                        address -> worker.tell(on -> responders.nextServer(address)),
                        report);
    }

    /**
     * From now on, for as long as the NIC is attached; sessions go on.
     *
     * @param keep takes what the NIC is kept as; where that fails all is as before
     */
    synchronized void change(NatSettings changes, Consumer<MasqueradeSpec> keep) {
        MasqueradeSpec before = spec;
        MasqueradeSpec changed = before.with(changes);
        enforce(changed);
        try {
            keep.accept(changed);
        } catch (RuntimeException e) {
            enforce(before);
            throw e;
        }
    }

    private void enforce(MasqueradeSpec changed) {
        int sessions = changed.policy().limits().sessions();
        if (sessions > this.<Integer>ask(on -> nat.capacity())) {
            Mapping larger = Mapping.table(Nat.tableBytes(sessions));
            worker.tell(on -> nat.grow(larger.segment(), sessions));
            table.close();
            table = larger;
        }
        if (changed.policy().mesh().isOn() || spec.policy().mesh().isOn()) {
            devices.openMesh(changed, new DualStack(ipv4, ipv6), GATEWAY_MAC);
        }
        worker.tell(on -> nat.change(changed.policy()));
        spec = changed;
    }

    /**
     * The Services that the guest reaches from now on; nothing where the NIC is over.
     *
     * @param counts of its worker
     * @param hasNew there are front ends that were not in its table before
     */
    synchronized void services(ServiceTable services, ServiceCounts counts, boolean hasNew) {
        if (!isOver) {
            worker.tell(on -> nat.services(services, counts, hasNew));
        }
    }

    boolean isOver() {
        return isOver;
    }

    public Addresses ipv4Addresses() {
        return ipv4;
    }

    public Addresses ipv6Addresses() {
        return ipv6;
    }

    ResolvConf resolvConf() {
        return resolvConf;
    }

    /** "on", or "off" and why: whether the kernel carries established flows. */
    public String fastPath() {
        return devices.fastPath();
    }

    public int guestMtu() {
        return devices.guestMtu();
    }

    public MasqueradeSpec spec() {
        return spec;
    }

    @Override
    public String name() {
        return spec.name();
    }

    @Override
    public String machine() {
        return spec.nic().machine();
    }

    @Override
    public String namespace() {
        return spec.namespace();
    }

    @Override
    public boolean isOnPodNetwork() {
        return true;
    }

    @Override
    public void lookAtQueues() {
        devices.lookAtQueues();
    }

    @Override
    public Vif vif() {
        return nic;
    }

    @Override
    public WorkerThread worker() {
        return worker;
    }

    public long attachedMs() {
        return attachedMs;
    }

    public Uplink uplink() {
        return devices.uplink();
    }

    /** Worker's thread only, as {@link #responders} and {@link #nic}. */
    public Nat nat() {
        return nat;
    }

    public Responders responders() {
        return responders;
    }

    public Nic nic() {
        return nic;
    }

    @Override
    public String describe() {
        return "netns=" + spec.netns() + " guest=" + spec.guestDevice() + " pod=" + podAddresses();
    }

    /** "10.244.1.5,fd00:10:244::5", as many as the pod has families. */
    private String podAddresses() {
        return Stream.of(ipv4, ipv6)
                .filter(Addresses::isOn)
                .map(family -> AddressText.ip(family.podHigh(), family.podLow()))
                .collect(Collectors.joining(","));
    }

    /**
     * What may be on its way to somewhere else, an address or an MTU, is to be seen twice. A tap
     * that we have made would be lost to the guest, so it stays for as long as the uplink does.
     */
    @Override
    public synchronized String changed() {
        PodDevices now = PodDevices.look(spec);
        boolean isSeenTwice = now.equals(seen) && !spec.guest().device().isTap();
        boolean isSettled = isSeenTwice || opened.hasOtherDevices(now);
        seen = now;
        return isSettled ? opened.differenceTo(now) : "";
    }

    MovingSessions sessions() {
        return sessions;
    }

    @Override
    public void state(VifState to) {
        ask(
                on -> {
                    nic.state(to);
                    nat.state(to);
                    return null;
                });
        if (to == VifState.ACTIVE) {
            sessions.resetLost();
        }
    }

    @Override
    public String announce() {
        PodAnnouncement.send(spec, ipv4, ipv6);
        ask(
                on -> {
                    responders.announce();
                    return null;
                });
        sessions.resetLost();
        return "pod's addresses announced to the network, gateway to the guest";
    }

    /** Sessions, programs and taps stay for the next run. */
    @Override
    public synchronized void leave() {
        if (!kept.isOn()) {
            close();
            return;
        }
        byte[] keptSessions =
                worker.ask(
                        on -> {
                            on.leave(nic);
                            return nat.keep(System.nanoTime());
                        });
        isOver = true;
        kept.putSessions(spec.name(), SessionFile.addresses(ipv4, ipv6), keptSessions);
        Closing.allThatCan(spec.name(), bootServer, devices::leave, memory, table);
        ended.run();
    }

    @Override
    public synchronized void close() {
        worker.tell(on -> on.detach(nic));
        isOver = true;
        // The worker has let go: from here on the NIC is gone, whatever fails on the way.
        Closing.allThatCan(spec.name(), bootServer, devices, memory, table);
        ended.run();
    }
}
