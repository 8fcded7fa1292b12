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

    // Envoy's connections to the application come from these
    private static final long PROXY_4 = Ip.mapped(0x7f00_0006);
    private static final long PROXY_6_LOW = 6;

    private final NatPlan plan;
    private final Origins ipv4;
    private final Origins ipv6;

    /** What a checksum's sum changes by when a frame enters, and when one leaves. */
    private record Delta(long in, long out) {
        /** The gateway's address stands for the remote one, the pod's for the own one. */
        static Delta of(Addresses a, Ends ends) {
            long high = ends.high();
            long low = ends.low();
            long remoteHigh = ends.remoteHigh();
            long remoteLow = ends.remoteLow();
            long in =
                    Checksum.delta128(remoteHigh, remoteLow, a.gatewayHigh(), a.gatewayLow())
                            + Checksum.delta128(high, low, a.podHigh(), a.podLow());
            long out =
                    Checksum.delta128(a.gatewayHigh(), a.gatewayLow(), remoteHigh, remoteLow)
                            + Checksum.delta128(a.podHigh(), a.podLow(), high, low);
            return new Delta(in, out);
        }
    }

    /** Of one origin: the process's address, and the one that it has for the guest. */
    private record Ends(long remoteHigh, long remoteLow, long high, long low, Delta delta) {
        Ends with(Addresses a) {
            return new Ends(remoteHigh, remoteLow, high, low, Delta.of(a, this));
        }
    }

    /** Of all origins. */
    private record Origins(Ends loopback, Ends pod, Ends proxyLoopback, Ends proxyPod) {
        static Origins of(Addresses a, long loopback, long proxy) {
            long high = 0;
            return new Origins(
                    new Ends(high, loopback, high, loopback, null).with(a),
                    new Ends(a.podHigh(), a.podLow(), a.podHigh(), a.podLow(), null).with(a),
                    new Ends(high, proxy, high, loopback, null).with(a),
                    new Ends(high, proxy, a.podHigh(), a.podLow(), null).with(a));
        }

        Ends of(int origin) {
            boolean isLoopback = (origin & SessionTable.FROM_LOOPBACK) != 0;
            return (origin & SessionTable.FROM_PROXY) == 0
                    ? isLoopback ? loopback : pod
                    : isLoopback ? proxyLoopback : proxyPod;
        }
    }

    Loopback(NatPlan plan) {
        this.plan = plan;
        ipv4 = Origins.of(plan.addresses().ipv4(), LOOPBACK_4, PROXY_4);
        ipv6 = Origins.of(plan.addresses().ipv6(), LOOPBACK_6_LOW, PROXY_6_LOW);
    }

    /** Of a frame from the uplink: what it says of its origin, or {@link #NONE}. */
    static int origin(Frame frame, Addresses addresses) {
        boolean isProxy = isProxy(frame);
        if (!isProxy && (frame.srcLow != frame.dstLow || frame.srcHigh != frame.dstHigh)) {
            return NONE;
        }
        int proxy = isProxy ? SessionTable.FROM_PROXY : 0;
        if (addresses.isPod(frame.dstHigh, frame.dstLow)) {
            return SessionTable.FROM_POD | proxy;
        }
        long loopback = frame.isIpv4() ? LOOPBACK_4 : LOOPBACK_6_LOW;
        return frame.dstHigh == 0 && frame.dstLow == loopback
                ? SessionTable.FROM_LOOPBACK | proxy
                : NONE;
    }

    /** It comes from the address that a mesh's proxy has towards the application. */
    static boolean isProxy(Frame frame) {
        return frame.srcHigh == 0 && frame.srcLow == (frame.isIpv4() ? PROXY_4 : PROXY_6_LOW);
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
        Rewrite.addressesChanged(frame, ends(frame, origin).delta().in());
    }

    /** A frame from the pod's address to the gateway becomes what the pod's process awaits. */
    void leave(Frame frame, int origin) {
        Ends ends = ends(frame, origin);
        addresses(frame, frame.l3, ends.high(), ends.low(), ends.remoteHigh(), ends.remoteLow());
        Rewrite.addressesChanged(frame, ends(frame, origin).delta().out());
    }

    private Ends ends(Frame frame, int origin) {
        return (frame.isIpv4() ? ipv4 : ipv6).of(origin);
    }

    /**
     * The same of an ICMP error, with the packet that it quotes. The checksum of the quoted
     * transport header stays wrong: nobody looks at it.
     */
    void leaveError(Frame frame, int origin) {
        MemorySegment b = frame.data;
        int quoted = frame.l4 + (frame.isIpv4() ? Icmp.HEADER : Icmpv6.HEADER);
        Ends ends = ends(frame, origin);
        long remoteHigh = ends.remoteHigh();
        long remoteLow = ends.remoteLow();
        addresses(frame, frame.l3, ends.high(), ends.low(), remoteHigh, remoteLow);
        // the quoted packet went the other way
        addresses(frame, quoted, remoteHigh, remoteLow, ends.high(), ends.low());
        if (frame.isIpv4()) {
            Icmp.checksumAnew(b, frame.l4, frame.end - frame.l4);
        } else {
            Icmpv6.checksumAnew(b, frame.l3, frame.l4, frame.end - frame.l4);
        }
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
