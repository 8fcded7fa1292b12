package io.virtdataplane.port;

import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.sys.Tun;
import java.util.function.Function;

/**
 * A guest's device whose frames the kernel may carry past us: what its programs are told of it, and
 * a tap by which all its other frames come to us. A packet socket would see those that are carried,
 * too. In the pod's namespace, as its uplink.
 */
public final class CarriedGuest implements AutoCloseable {

    /**
     * What holds for the NIC.
     *
     * @param addresses of guest and pod, given the pod's
     * @param sessions that are carried at a time; all of their table is there from the start
     */
    public record Plan(
            Function<PodAddresses, DualStack> addresses, long gatewayMac, int sessions, long seed) {
        int flows() {
            return 2 * sessions;
        }
    }

    private final Plan plan;
    private final String name;
    private final NetDevice device;
    private final int mtu;
    private final String tapName;
    private final int tapIndex;
    private final Fd tap;
    private final KeptDescriptors.Owned kept;

    private CarriedGuest(
            Plan plan,
            String name,
            NetDevice device,
            int mtu,
            String tapName,
            int tapIndex,
            Fd tap,
            KeptDescriptors.Owned kept) {
        this.plan = plan;
        this.name = name;
        this.device = device;
        this.mtu = mtu;
        this.tapName = tapName;
        this.tapIndex = tapIndex;
        this.tap = tap;
        this.kept = kept;
    }

    /**
     * @param name of the guest's device, which exists
     * @param tapName free in the pod's namespace, or an earlier run's
     * @param kept where its descriptors are found, and left
     */
    public static CarriedGuest open(
            Netns netns, String name, String tapName, Plan plan, KeptDescriptors.Owned kept) {
        return netns.call(
                () -> {
                    NetDevice device = PacketPort.existing(name);
                    int mtu = device.mtu();
                    Fd tap = kept.take(KeptDescriptors.Role.CARRIED, tapName, Tun::takeTap);
                    Fd fd = ReadTap.ready(tap, tapName, mtu);
                    int index = new NetDevice(tapName).index();
                    return new CarriedGuest(plan, name, device, mtu, tapName, index, fd, kept);
                });
    }

    Plan plan() {
        return plan;
    }

    String name() {
        return name;
    }

    NetDevice device() {
        return device;
    }

    int mtu() {
        return mtu;
    }

    String tapName() {
        return tapName;
    }

    int tapIndex() {
        return tapIndex;
    }

    KeptDescriptors.Owned kept() {
        return kept;
    }

    /** What is not carried is read here. */
    Fd tap() {
        return tap;
    }

    @Override
    public void close() {
        tap.close();
    }
}
