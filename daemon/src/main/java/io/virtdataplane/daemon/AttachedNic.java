package io.virtdataplane.daemon;

import io.virtdataplane.daemon.manifest.Cidr;
import io.virtdataplane.daemon.manifest.Ipv6Cidr;
import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.Nic;
import io.virtdataplane.dataplane.NicAddresses;
import io.virtdataplane.dataplane.NicPlan;
import io.virtdataplane.dataplane.NicPorts;
import io.virtdataplane.dataplane.NicStages;
import io.virtdataplane.dataplane.Vif;
import io.virtdataplane.dhcp.ClientOptions;
import io.virtdataplane.dhcp.Gateway;
import io.virtdataplane.dhcp.Ipv6Scope;
import io.virtdataplane.dhcp.Link;
import io.virtdataplane.dhcp.Resolver;
import io.virtdataplane.dhcp.Responders;
import io.virtdataplane.dhcp.Scope;
import io.virtdataplane.nat.Nat;
import io.virtdataplane.nat.NatPlan;
import io.virtdataplane.nat.NatPolicy;
import io.virtdataplane.port.DescriptorPort;
import io.virtdataplane.port.PacketPort;
import io.virtdataplane.port.PodAddresses;
import io.virtdataplane.port.TapPort;
import io.virtdataplane.port.UplinkPort;
import io.virtdataplane.port.UplinkPort.Uplink;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.Mapping;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A NIC with everything that was opened for it. Made whole or not at all; {@link #close} gives all
 * of it back.
 */
final class AttachedNic implements Attachment, AutoCloseable {
    /**
     * KubeVirt's gateway address, the same in every pod, so that a guest's neighbour entry outlives
     * a migration.
     */
    static final long GATEWAY_MAC = 0x0200_0000_0000L;

    private static final SecureRandom RANDOM = new SecureRandom();
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private AttachSpec spec;
    private final WorkerThread worker;
    private final long attachedMs = System.currentTimeMillis();
    private final Uplink uplink;
    private final ResolvConf resolvConf;
    private final Addresses ipv4;
    private final Addresses ipv6;
    private final int guestMtu;
    private final Nat nat;
    private final Responders responders;
    private final Nic nic;
    private Mapping table; // of the sessions; gives way to a larger one

    AttachedNic(int id, AttachSpec spec, WorkerThread worker, Bpf.Mechanism hooks) {
        this.spec = spec;
        this.worker = worker;
        try (Netns netns = Netns.open(spec.netns())) {
            uplink = UplinkPort.open(2 * id, netns, spec.uplink(), tapName(spec.uplink()), hooks);
            opened.push(uplink.port());
            DescriptorPort guest =
                    spec.guestIsTap()
                            ? TapPort.open(
                                    2 * id + 1,
                                    netns,
                                    spec.guestDevice(),
                                    uplink.mtu(),
                                    spec.nic().mac())
                            : PacketPort.open(2 * id + 1, netns, spec.guestDevice(), hooks);
            opened.push(guest);
            guestMtu = spec.guestIsTap() ? uplink.mtu() : mtu(netns, spec.guestDevice());
            resolvConf = ResolvConf.read(spec.resolvConf(), spec.netns());
            ipv4 = ipv4();
            ipv6 = ipv6();
            NatPlan natPlan = natPlan();
            NatPolicy policy = spec.policy();
            // Closed after the ports: the worker has let go of the stages by then.
            Mapping memory = Mapping.anonymous(Nat.bytes(natPlan));
            opened.addLast(memory);
            table = Mapping.table(Nat.tableBytes(policy.limits().sessions()));
            nat =
                    new Nat(
                            natPlan,
                            policy,
                            new SteeredPorts(uplink.steering()),
                            memory.segment(),
                            table.segment(),
                            RANDOM.nextLong());
            responders = new Responders(scope(), ipv4.isOn(), ipv6Scope(), worker.events(), id);
            NicPlan plan =
                    new NicPlan(
                            id,
                            spec.name(),
                            new NicPorts(guest, uplink.port()),
                            new NicAddresses(
                                    spec.nic().mac(), GATEWAY_MAC, new DualStack(ipv4, ipv6)),
                            new NicStages(responders, nat.outbound(), nat.inbound()));
            nic = worker.ask(on -> on.attach(plan));
        } catch (RuntimeException e) {
            giveBack();
            throw e;
        }
    }

    private static String tapName(String uplinkName) {
        String name = "vdp-" + uplinkName;
        return name.length() <= 15 ? name : "vdp-" + Integer.toHexString(uplinkName.hashCode());
    }

    private static int mtu(Netns netns, String device) {
        return netns.call(() -> new NetDevice(device).mtu());
    }

    private Addresses ipv4() {
        Cidr cidr = spec.nic().cidr();
        PodAddresses pod = uplink.addresses();
        return pod.hasIpv4()
                ? Addresses.ipv4(cidr.guest(), cidr.gateway(), pod.ipv4())
                : Addresses.NONE;
    }

    private Addresses ipv6() {
        Ipv6Cidr cidr = spec.nic().ipv6Cidr();
        PodAddresses pod = uplink.addresses();
        return pod.hasIpv6()
                ? Addresses.ipv6(
                        cidr.guest(), cidr.gateway(), new long[] {pod.ipv6High(), pod.ipv6Low()})
                : Addresses.NONE;
    }

    private NatPlan natPlan() {
        int[] linkLocal = resolvConf.nameServers().stream().mapToInt(Integer::intValue).toArray();
        return new NatPlan(new DualStack(ipv4, ipv6), linkLocal, uplink.mtu(), guestMtu);
    }

    /** From now on, for as long as the NIC is attached; sessions go on. */
    void change(AttachSpec changed) {
        int sessions = changed.policy().limits().sessions();
        int capacity = worker.ask(on -> nat.capacity());
        if (sessions > capacity) {
            Mapping larger = Mapping.table(Nat.tableBytes(sessions));
            worker.ask(
                    on -> {
                        nat.grow(larger.segment(), sessions);
                        return null;
                    });
            table.close();
            table = larger;
        }
        worker.ask(
                on -> {
                    nat.change(changed.policy());
                    return null;
                });
        spec = changed;
    }

    private Scope scope() {
        Cidr cidr = spec.nic().cidr();
        return new Scope(
                new Gateway(GATEWAY_MAC, cidr.gateway()),
                cidr.guest(),
                link(cidr.prefixLength()),
                spec.leaseSeconds(),
                new ClientOptions(
                        cidr.gateway(),
                        new Resolver<>(resolvConf.nameServers(), resolvConf.searchDomains()),
                        spec.hostname(),
                        spec.nic().dhcpOptions()));
    }

    private Ipv6Scope ipv6Scope() {
        return ipv6.isOn()
                ? new Ipv6Scope(
                        ipv6,
                        link(spec.nic().ipv6Cidr().prefixLength()),
                        new Resolver<>(resolvConf.ipv6NameServers(), resolvConf.searchDomains()),
                        spec.leaseSeconds(),
                        spec.advertises())
                : Ipv6Scope.NONE;
    }

    private Link link(int prefixLength) {
        return new Link(prefixLength, Math.min(uplink.mtu(), guestMtu));
    }

    Addresses ipv4Addresses() {
        return ipv4;
    }

    Addresses ipv6Addresses() {
        return ipv6;
    }

    ResolvConf resolvConf() {
        return resolvConf;
    }

    int guestMtu() {
        return guestMtu;
    }

    AttachSpec spec() {
        return spec;
    }

    @Override
    public String name() {
        return spec.name();
    }

    @Override
    public Vif vif() {
        return nic;
    }

    @Override
    public WorkerThread worker() {
        return worker;
    }

    long attachedMs() {
        return attachedMs;
    }

    Uplink uplink() {
        return uplink;
    }

    /** Worker's thread only, as {@link #responders} and {@link #nic}. */
    Nat nat() {
        return nat;
    }

    Responders responders() {
        return responders;
    }

    Nic nic() {
        return nic;
    }

    @Override
    public void close() {
        worker.ask(
                on -> {
                    on.detach(nic);
                    return null;
                });
        giveBack();
    }

    /** All of it, whatever fails on the way. */
    private void giveBack() {
        IllegalStateException failed = null;
        for (AutoCloseable one : opened) {
            try {
                one.close();
            } catch (Exception e) {
                failed = new IllegalStateException("close " + spec.name(), e);
            }
        }
        opened.clear();
        if (table != null) {
            table.close();
        }
        if (failed != null) {
            throw failed;
        }
    }
}
