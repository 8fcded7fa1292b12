package io.virtdataplane.port;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.wire.Checksum;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The eBPF object pod.bpf.c with the constants of one pod. */
final class PodPrograms {
    private static final String OBJECT = "pod.bpf.o";
    private static final int MAPPED = 0xffff;

    /** Numbers of the pod's devices. */
    record Devices(int uplink, int tap, int loopback) {}

    private PodPrograms() {}

    /** To be closed by the caller; nothing is loaded yet. */
    static BpfObject of(PodAddresses pod, Devices devices) {
        BpfObject object = BpfObject.read(PodPrograms.class, OBJECT);
        object.constant("has_ipv4", pod.hasIpv4());
        object.constant("has_ipv6", pod.hasIpv6());
        object.constant("pod_ipv4", address(0, (long) MAPPED << 32 | pod.ipv4() & 0xffff_ffffL));
        object.constant("pod_ipv6", address(pod.ipv6High(), pod.ipv6Low()));
        object.constant("uplink", devices.uplink());
        object.constant("tap", devices.tap());
        object.constant("loopback", devices.loopback());
        return object;
    }

    /** What the programs may carry frames of: the constants of carry.h. */
    record Carried(
            DualStack addresses,
            int guest,
            int guestTap,
            int guestMtu,
            int uplinkMtu,
            long gatewayMac,
            int flows,
            long seed) {}

    /** Before anything is loaded. */
    static void carry(BpfObject object, Carried carried) {
        Addresses ipv4 = carried.addresses().ipv4();
        Addresses ipv6 = carried.addresses().ipv6();
        int buckets = Math.ceilDiv(carried.flows(), FlowTable.WAYS);
        object.constant("carries", true);
        object.constant("guest", carried.guest());
        object.constant("guest_tap", carried.guestTap());
        object.constant("guest_mtu", carried.guestMtu());
        object.constant("uplink_mtu", carried.uplinkMtu());
        object.constant("gateway_mac", Arrays.copyOfRange(number(carried.gatewayMac()), 2, 8));
        object.constant("guest_ipv4", address(ipv4.guestHigh(), ipv4.guestLow()));
        object.constant("guest_ipv6", address(ipv6.guestHigh(), ipv6.guestLow()));
        object.constant("outward_ipv4", inMemory(ipv4.outwardDelta()));
        object.constant("inward_ipv4", inMemory(ipv4.inwardDelta()));
        object.constant("outward_ipv6", inMemory(ipv6.outwardDelta()));
        object.constant("inward_ipv6", inMemory(ipv6.inwardDelta()));
        object.constant("flow_seed", number(Long.reverseBytes(carried.seed())));
        object.constant("flow_buckets", buckets);
        object.entries("flows", buckets);
    }

    /** A sum of words in network order, as one over words as they lie. */
    private static int inMemory(long delta) {
        return Short.reverseBytes((short) Checksum.fold(delta)) & 0xffff;
    }

    /** The program for a guest's device that a packet socket reads needs no pod. */
    static BpfObject shield() {
        return BpfObject.read(PodPrograms.class, OBJECT);
    }

    private static byte[] address(long high, long low) {
        return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    }

    private static byte[] number(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }
}
