package io.virtdataplane.port;

import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.sys.Tun;

/**
 * The pod's uplink, shared with the pod's kernel: a tap of ours beside eth0, and {@link Steering}
 * between the two. What is the guest's arrives here; what is sent here leaves by eth0.
 */
public final class UplinkPort {
    private static final int QUEUE_FRAMES = 2048;

    /** The port and the addresses it stands for. */
    public record Uplink(DescriptorPort port, Steering steering, PodAddresses addresses, int mtu) {}

    private UplinkPort() {}

    /**
     * @param tapName of the steering tap, free in the pod's namespace, or an earlier run's
     * @param guest whose frames may be carried, or null
     * @param pins what of it outlives the process; closed with the port
     * @param taps where its tap is found, and left
     */
    public static Uplink open(
            int id,
            Netns netns,
            String uplinkName,
            String tapName,
            CarriedGuest guest,
            Bpf.Mechanism mechanism,
            ProgramPins pins,
            KeptDescriptors.Owned taps) {
        return netns.call(
                () -> {
                    NetDevice uplink = new NetDevice(uplinkName);
                    if (!uplink.exists()) {
                        throw new IllegalArgumentException(
                                "uplink must exist in the pod's namespace: uplink=" + uplinkName);
                    }
                    PodAddresses addresses = addresses(uplink);
                    if (!addresses.hasIpv4() && !addresses.hasIpv6()) {
                        throw new IllegalArgumentException(
                                "uplink must have a global IPv4 or IPv6 address: uplink="
                                        + uplinkName);
                    }
                    Fd fd = taps.take(KeptDescriptors.Role.UPLINK, tapName, Tun::takeTap);
                    try {
                        NetDevice tap = new NetDevice(tapName);
                        tap.disableIpv6();
                        tap.mtu(uplink.mtu());
                        tap.txQueueLength(QUEUE_FRAMES);
                        tap.up();
                        int mtu = uplink.mtu(); // all that can fail comes before the steering
                        InputQueue input = InputQueue.ofTap(tapName);
                        Steering steering =
                                steering(
                                        new Steering.Pod(uplink, tap, fd, addresses, guest),
                                        mechanism,
                                        pins,
                                        input);
                        DescriptorPort port =
                                new DescriptorPort(
                                        "uplink:" + uplinkName, id, fd, input, steering, null);
                        return new Uplink(port, steering, addresses, mtu);
                    } catch (RuntimeException e) {
                        fd.close();
                        throw e;
                    }
                });
    }

    private static Steering steering(
            Steering.Pod pod, Bpf.Mechanism mechanism, ProgramPins pins, InputQueue input) {
        try {
            return Steering.open(pod, mechanism, pins);
        } catch (RuntimeException e) {
            input.close();
            throw e;
        }
    }

    /** The pod's, of a device that is there. In the pod's namespace. */
    public static PodAddresses addresses(NetDevice uplink) {
        int ipv4 = uplink.address();
        long[] ipv6 = uplink.ipv6Address();
        return new PodAddresses(
                ipv4, ipv4 == 0 ? 0 : uplink.prefixLength(), ipv6[0], ipv6[1], (int) ipv6[2]);
    }
}
