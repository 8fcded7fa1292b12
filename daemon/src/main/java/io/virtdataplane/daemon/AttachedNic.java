package io.virtdataplane.daemon;

import io.virtdataplane.daemon.manifest.Cidr;
import io.virtdataplane.daemon.manifest.PortSpec;
import io.virtdataplane.dataplane.Nic;
import io.virtdataplane.dataplane.NicPlan;
import io.virtdataplane.dhcp.Responders;
import io.virtdataplane.dhcp.Scope;
import io.virtdataplane.nat.Nat;
import io.virtdataplane.nat.NatPlan;
import io.virtdataplane.nat.OpenPorts;
import io.virtdataplane.nat.Timeouts;
import io.virtdataplane.port.DescriptorPort;
import io.virtdataplane.port.PacketPort;
import io.virtdataplane.port.TapPort;
import io.virtdataplane.port.UplinkPort;
import io.virtdataplane.port.UplinkPort.Uplink;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.Mapping;
import io.virtdataplane.sys.Netns;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A NIC with everything that was opened for it. Made whole or not at all; {@link #close} gives all
 * of it back.
 */
final class AttachedNic implements AutoCloseable {
    /**
     * KubeVirt's gateway address, the same in every pod, so that a guest's neighbour entry outlives
     * a migration.
     */
    static final long GATEWAY_MAC = 0x0200_0000_0000L;

    private static final SecureRandom RANDOM = new SecureRandom();
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final AttachSpec spec;
    private final WorkerThread worker;
    private final long attachedMs = System.currentTimeMillis();
    private final Uplink uplink;
    private final Nat nat;
    private final Responders responders;
    private final Nic nic;

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
            ResolvConf resolvConf = ResolvConf.read(spec.resolvConf(), spec.netns());
            Mapping memory = Mapping.anonymous(Nat.bytes(spec.sessionLimit()));
            opened.addLast(
                    memory); // closed after the ports: the worker has let go of the stages by then
            nat =
                    new Nat(
                            natPlan(resolvConf),
                            new SteeredPorts(uplink.steering()),
                            memory.segment(),
                            RANDOM.nextLong());
            responders = new Responders(scope(resolvConf), worker.events(), id);
            Cidr cidr = spec.nic().cidr();
            NicPlan plan =
                    new NicPlan(
                            id,
                            spec.name(),
                            guest,
                            uplink.port(),
                            spec.nic().mac(),
                            cidr.guest(),
                            GATEWAY_MAC,
                            cidr.gateway(),
                            responders,
                            nat.outbound(),
                            nat.inbound());
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

    private NatPlan natPlan(ResolvConf resolvConf) {
        Cidr cidr = spec.nic().cidr();
        OpenPorts ports = spec.nic().ports().isEmpty() ? OpenPorts.all() : OpenPorts.listed();
        for (PortSpec port : spec.nic().ports()) {
            ports.add(port.protocol(), port.port());
        }
        int[] linkLocal = resolvConf.nameServers().stream().mapToInt(Integer::intValue).toArray();
        return new NatPlan(
                uplink.address(),
                cidr.guest(),
                cidr.gateway(),
                linkLocal,
                ports,
                spec.unlistedPolicy(),
                spec.dropReservedPorts(),
                spec.sessionLimit(),
                Timeouts.DEFAULT);
    }

    private Scope scope(ResolvConf resolvConf) {
        Cidr cidr = spec.nic().cidr();
        return new Scope(
                GATEWAY_MAC,
                cidr.gateway(),
                cidr.guest(),
                cidr.prefixLength(),
                Scope.DEFAULT_LEASE_SECONDS,
                uplink.mtu(),
                resolvConf.nameServers(),
                resolvConf.searchDomains(),
                spec.hostname());
    }

    AttachSpec spec() {
        return spec;
    }

    WorkerThread worker() {
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
        if (failed != null) {
            throw failed;
        }
    }
}
