package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import java.lang.foreign.MemorySegment;

/**
 * Connections of the pod's own processes to the guest: to 127.0.0.1, ::1 or the pod's own address,
 * where the guest has the port open (kubectl port-forward, a sidecar, a probe). To the guest they
 * come from its gateway, as with the kernel's masquerade; a session's origin says what they are on
 * the pod's side, where both ends have the same address.
 */
final class Loopback {
    /** Origins: flags of a session. */
    static final int NONE = 0;

    private static final long LOOPBACK_4 = Ip.mapped(0x7f00_0001);
    private static final long LOOPBACK_6_LOW = 1;

    private final NatPlan plan;
    private final Deltas ipv4;
    private final Deltas ipv6;

    /** What a checksum's sum changes by when a frame enters, and when one leaves. */
    private record Delta(long in, long out) {
        /** The gateway's address stands for the own one, and so does the pod's. */
        static Delta of(Addresses a, long ownHigh, long ownLow) {
            long in =
                    Checksum.delta128(ownHigh, ownLow, a.gatewayHigh(), a.gatewayLow())
                            + Checksum.delta128(ownHigh, ownLow, a.podHigh(), a.podLow());
            long out =
                    Checksum.delta128(a.gatewayHigh(), a.gatewayLow(), ownHigh, ownLow)
                            + Checksum.delta128(a.podHigh(), a.podLow(), ownHigh, ownLow);
            return new Delta(in, out);
        }
    }

    /** Of both origins. */
    private record Deltas(Delta loopback, Delta pod) {
        static Deltas of(Addresses a, long loopbackLow) {
            return new Deltas(Delta.of(a, 0, loopbackLow), Delta.of(a, a.podHigh(), a.podLow()));
        }
    }

    Loopback(NatPlan plan) {
        this.plan = plan;
        ipv4 = Deltas.of(plan.addresses().ipv4(), LOOPBACK_4);
        ipv6 = Deltas.of(plan.addresses().ipv6(), LOOPBACK_6_LOW);
    }

    /** Of a frame from the uplink: what it says of its origin, or {@link #NONE}. */
    static int origin(Frame frame, Addresses addresses) {
        if (frame.srcLow != frame.dstLow || frame.srcHigh != frame.dstHigh) {
            return NONE;
        }
        if (addresses.isPod(frame.srcHigh, frame.srcLow)) {
            return SessionTable.FROM_POD;
        }
        long loopback = frame.isIpv4() ? LOOPBACK_4 : LOOPBACK_6_LOW;
        return frame.srcHigh == 0 && frame.srcLow == loopback ? SessionTable.FROM_LOOPBACK : NONE;
    }

    /** The frame is looked up as one from the gateway; its bytes are as before. */
    void regard(Frame frame) {
        Addresses addresses = plan.of(frame);
        frame.srcHigh = addresses.gatewayHigh();
        frame.srcLow = addresses.gatewayLow();
        frame.dstHigh = addresses.podHigh();
        frame.dstLow = addresses.podLow();
    }

    /** The frame becomes one from the gateway to the pod's address. */
    void enter(Frame frame, int origin) {
        Addresses to = plan.of(frame);
        addresses(frame, frame.l3, to.gatewayHigh(), to.gatewayLow(), to.podHigh(), to.podLow());
        Rewrite.addressesChanged(frame, delta(frame, origin).in());
    }

    /** A frame from the pod's address to the gateway becomes what the pod's process awaits. */
    void leave(Frame frame, int origin) {
        own(frame, frame.l3, origin);
        Rewrite.addressesChanged(frame, delta(frame, origin).out());
    }

    private Delta delta(Frame frame, int origin) {
        Deltas deltas = frame.isIpv4() ? ipv4 : ipv6;
        return origin == SessionTable.FROM_LOOPBACK ? deltas.loopback() : deltas.pod();
    }

    /**
     * The same of an ICMP error, with the packet that it quotes. The checksum of the quoted
     * transport header stays wrong: nobody looks at it.
     */
    void leaveError(Frame frame, int origin) {
        MemorySegment b = frame.data;
        int quoted = frame.l4 + (frame.isIpv4() ? Icmp.HEADER : Icmpv6.HEADER);
        own(frame, frame.l3, origin);
        own(frame, quoted, origin);
        if (frame.isIpv4()) {
            Icmp.checksumAnew(b, frame.l4, frame.end - frame.l4);
        } else {
            Icmpv6.checksumAnew(b, frame.l3, frame.l4, frame.end - frame.l4);
        }
    }

    /** Both addresses of the IP header there become the pod's own, or the loopback address. */
    private void own(Frame frame, int l3, int origin) {
        Addresses pod = plan.of(frame);
        boolean loopback = origin == SessionTable.FROM_LOOPBACK;
        long low = frame.isIpv4() ? LOOPBACK_4 : LOOPBACK_6_LOW;
        long ownHigh = loopback ? 0 : pod.podHigh();
        long ownLow = loopback ? low : pod.podLow();
        addresses(frame, l3, ownHigh, ownLow, ownHigh, ownLow);
    }

    private static void addresses(
            Frame frame, int l3, long srcHigh, long srcLow, long dstHigh, long dstLow) {
        MemorySegment b = frame.data;
        if (frame.isIpv4()) {
            Ipv4.rewriteSrc(b, l3, Ip.ipv4(srcLow));
            Ipv4.rewriteDst(b, l3, Ip.ipv4(dstLow));
        } else {
            Ipv6.src(b, l3, srcHigh, srcLow);
            Ipv6.dst(b, l3, dstHigh, dstLow);
        }
    }
}
