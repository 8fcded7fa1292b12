package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Devices and namespaces that are deleted and made anew under the same names, and changed. */
@RootTest
@Timeout(240)
class DevicesAnewE2eTest {
    private static final int SECONDS = 25;
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    private void pings(String why) {
        Wait.until(
                why,
                SECONDS,
                () -> lab.in(lab.guest, "ping -c1 -W1 " + Lab.OUTSIDE + " 2>&1"),
                Shell.Result::ok);
    }

    private void makeUplink() {
        lab.shell.sh(
                """
                ip -n %2$s link del eth0 2>/dev/null || true
                ip link add eth0 netns %1$s type veth peer name eth0 netns %2$s
                ip -n %1$s addr add 10.244.1.5/24 dev eth0
                ip -n %2$s addr add 10.244.1.1/24 dev eth0
                ip -n %1$s link set eth0 up
                ip -n %2$s link set eth0 up
                ip -n %1$s route add default via 10.244.1.1
                """
                        .formatted(lab.pod, lab.out));
    }

    @Test
    void guestsDevicePodsDeviceAndNamespaceThatAreMadeAnewAreTakenUp() {
        lab.daemon().attachDevice(Lab.CHAPTER).configureGuest();
        pings("a ping");

        lab.shell.must("ip", "-n", lab.pod, "link", "del", "tap0");
        Wait.until(
                "the warning",
                SECONDS,
                () -> lab.client("get", "nics").out(),
                said -> said.contains("Warning: NIC vm/default is not attached, tried again"));
        lab.makeDevice().configureGuest();
        pings("a ping by the guest's new device");

        lab.shell.must("ip", "-n", lab.pod, "link", "del", "eth0");
        makeUplink();
        pings("a ping by the pod's new device");

        lab.shell.must("ip", "netns", "del", lab.pod);
        lab.shell.must("ip", "netns", "add", lab.pod);
        makeUplink();
        lab.shell.run("ip", "-n", lab.guest, "link", "del", "eth0");
        lab.makeDevice().configureGuest();
        pings("a ping in the new namespace");

        assertThat(lab.mustClient("events"))
                .contains("DeviceChanged", "the guest's device", "the uplink", "Restored");
        assertThat(lab.client("get", "nics").out()).doesNotContain("Warning");
    }

    @Test
    void changedMtuAndAddressOfThePodAreFollowed() {
        lab.withoutIpv6().daemon().attachDevice(Lab.CHAPTER).configureGuest();
        pings("a ping");
        lab.shell.must("ip", "-n", lab.pod, "link", "set", "eth0", "mtu", "1400");
        Wait.until(
                "the MTU",
                SECONDS,
                () -> lab.mustClient("get", "nics", "-o", "json"),
                said -> said.contains("\"mtu\": 1400"));
        lab.shell.sh(
                """
                ip -n %1$s addr del 10.244.1.5/24 dev eth0
                ip -n %1$s addr add 10.244.1.6/24 dev eth0
                ip -n %1$s route replace default via 10.244.1.1
                """
                        .formatted(lab.pod));
        Wait.until(
                "the address",
                SECONDS,
                () -> lab.mustClient("get", "nics"),
                said -> said.contains("10.244.1.6"));
        pings("a ping from the new address");
    }
}
