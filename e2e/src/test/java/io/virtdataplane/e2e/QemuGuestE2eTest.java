package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A real virtual machine behind a tap that QEMU holds: Debian's kernel with virtio-net. It boots
 * under KVM where that works, else under TCG, where the guest is slow: what is asserted is
 * behaviour.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(400)
class QemuGuestE2eTest {
    private static final int TEST_SECONDS = 180;
    private static final List<String> DEVICES =
            List.of(
                    "-netdev",
                    "tap,id=n0,ifname=tap0,script=no,downscript=no,vhost=off",
                    "-device",
                    "virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01,romfile=");
    private static final String SCRIPT =
            """
            mkdir -p /run/systemd/network
            echo 0123456789abcdef0123456789abcdef > /etc/machine-id
            printf '[Match]\\nName=eth0\\n[Network]\\nDHCP=yes\\n' > /run/systemd/network/10-eth0.network
            mount -o remount,ro /sys
            systemd-networkd & networkd=$!
            for i in $(seq 60); do
              ip -6 addr show dev eth0 | grep fd10:0:2::2 | grep -qv tentative && ip -6 route | grep -q default &&
                grep -q '^DNS=.*2001:db8::7' /run/systemd/netif/links/* && break
              sleep 1
            done
            sed -n 's/^DNS=//p' /run/systemd/netif/links/* | tr ' ' '\\n' | sed -n 's/^[0-9a-f]/nameserver &/p' > /etc/resolv.conf
            ip -6 route | grep default | sed 's/^/STOCK-ROUTE /'
            curl -6 -sS -m 60 http://web.v6.test:8080/name | sed 's/^/STOCK-SAID /'
            kill $networkd; wait $networkd; ip addr flush dev eth0 scope global; ip route flush dev eth0
            udhcpc -i eth0 -n -q -t 10 -T 2 -O mtu -s /etc/udhcpc.sh
            ping -c 3 -W 5 203.0.113.7 | grep 'packets received'
            ping -c 2 -W 5 10.0.2.1 | grep 'packets received'
            curl -sS -m 100 http://203.0.113.7:8080/file | sha256sum | sed 's/^/HASH /'
            echo "DIG $(dig +short +tries=3 www.example.test)"
            echo "IPERF-OUT $(iperf3 -c 203.0.113.7 -t 2 -f m | grep receiver)"
            echo "IPERF-IN $(iperf3 -c 203.0.113.7 -t 2 -f m -R | grep receiver)"
            ip -6 addr add fd10:0:2::2/120 dev eth0
            ip -6 route replace default via fd10:0:2::1
            while ip -6 addr show dev eth0 | grep -q tentative; do sleep 1; done
            ping -6 -c 3 -W 5 2001:db8::7 | grep 'packets received' | sed 's/^/IPV6 /'
            curl -sS -m 100 'http://[2001:db8::7]:8080/file' | sha256sum | sed 's/^/HASH6 /'
            echo guest > /var/www/index.html
            dd if=/dev/urandom of=/var/www/file bs=1M count=16
            echo "SERVES $(sha256sum < /var/www/file)"
            httpd -p '[::]:80' -h /var/www
            { curl -sS -m 100 --limit-rate 2M http://203.0.113.7:8080/file | sha256sum | sed 's/^/OVER-RESTARTS /'; } &
            """;
    private final Lab lab = new Lab();
    private final TestGuest guest = new TestGuest(lab.shell);

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void virtualMachineReachesOutAndIsReachedOverBothFamilies() throws IOException {
        Shell.Result built = guest.build();
        assertThat(built.code()).as(built.out()).isZero();
        Path directory = Files.createDirectory(lab.shell.directory().resolve("www"));
        lab.shell.sh("head -c 64M /dev/urandom > " + directory.resolve("file"));
        Files.writeString(directory.resolve("name"), "hello by name\n");
        lab.httpd(lab.out, 8080, directory);
        lab.startIn(lab.out, "iperf3", "-s");
        lab.nameServer();
        lab.shell.must(
                "ip", "-n", lab.pod, "tuntap", "add", "dev", "tap0", "mode", "tap", "vnet_hdr");
        lab.shell.must("ip", "-n", lab.pod, "link", "set", "tap0", "up");
        lab.keeping().daemon();
        lab.mustClient(
                "attach",
                "-f",
                lab.manifest(Lab.CHAPTER).toString(),
                "--netns",
                lab.pod,
                "--guest",
                "dev:tap0");

        Path files = Files.createDirectory(lab.shell.directory().resolve("overlay"));
        Files.writeString(files.resolve("test.sh"), SCRIPT);
        guest.boot(files, DEVICES, command -> lab.startIn(lab.pod, command));
        String said = guest.await("GUEST-DONE", TEST_SECONDS);
        assertThat(said)
                .as("systemd-networkd in a guest without any configuration of IPv6")
                .contains("STOCK-ROUTE default via fe80::ff:fe00:0 dev eth0")
                .contains("STOCK-SAID hello by name");
        assertThat(said).contains("LEASE 10.0.2.2/24 gateway 10.0.2.1 dns 203.0.113.7 mtu 1500");
        assertThat(said)
                .contains("3 packets transmitted, 3 packets received")
                .contains("2 packets transmitted, 2 packets received");
        assertThat(said)
                .contains(
                        "HASH "
                                + lab.shell.sh("sha256sum < " + directory.resolve("file"))
                                        .split(" ")[0]);
        assertThat(said).contains("DIG 192.0.2.1");
        assertThat(megabits(said, "IPERF-OUT")).isPositive();
        assertThat(megabits(said, "IPERF-IN")).isPositive();
        assertThat(lab.mustIn(lab.out, "curl -sS -m 10 http://" + Lab.POD_ADDRESS).strip())
                .isEqualTo("guest");
        assertThat(said)
                .as("the static IPv6 address of the documentation's cloud-init example")
                .contains("IPV6 3 packets transmitted, 3 packets received")
                .contains(
                        "HASH6 "
                                + lab.shell.sh("sha256sum < " + directory.resolve("file"))
                                        .split(" ")[0]);
        assertThat(lab.mustIn(lab.out, "curl -sS -m 10 http://[" + Lab.POD_ADDRESS6 + "]").strip())
                .isEqualTo("guest");
        assertThat(lab.in(lab.out, "curl -sS -m 3 http://" + Lab.POD_ADDRESS + ":81").code())
                .as("refused")
                .isEqualTo(7);
        goesOnOverAKill(lab.shell.sh("sha256sum < " + directory.resolve("file")).strip(), said);
        System.out.println(
                "QEMU guest: " + said.lines().filter(line -> line.startsWith("IPERF")).toList());
    }

    /** A file that the guest fetches, and one that is fetched from it. */
    private void goesOnOverAKill(String outsides, String said) {
        Path fetched = lab.shell.directory().resolve("fetched");
        lab.shell.start(
                fetched,
                "ip",
                "netns",
                "exec",
                lab.out,
                "bash",
                "-c",
                "curl -sS -m 100 --limit-rate 1M http://%s/file | sha256sum"
                        .formatted(Lab.POD_ADDRESS));
        Wait.until(
                "both connections",
                TEST_SECONDS,
                () -> lab.mustClient("get", "sessions"),
                list -> Wait.count(list, "ESTABLISHED") >= 2);
        lab.killDaemon();
        lab.daemon();
        assertThat(lab.daemonLog()).contains("programs=kept");
        String serves = said.replaceFirst("(?s).*SERVES (\\w+).*", "$1");
        Wait.untilIn(fetched, serves, TEST_SECONDS);
        assertThat(guest.await("OVER-RESTARTS", TEST_SECONDS))
                .contains("OVER-RESTARTS " + outsides.split(" ")[0]);
    }

    private static double megabits(String said, String mark) {
        return Double.parseDouble(
                said.replaceFirst("(?s).*" + mark + "[^\\n]*?([0-9.]+) Mbits/sec.*", "$1"));
    }
}
