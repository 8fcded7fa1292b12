package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What stations of a bridge send to one another is carried by the kernel, between guests in their
 * pods and to the node's uplink, and everything else is as if it were not.
 */
@RootTest
@Timeout(300)
class BridgeFastPathE2eTest {
    private static final String VLAN100 =
            BridgeLab.network(
                    "vlan100",
                    "\"macspoofchk\": true, \"vlan\": 100, \"preserveDefaultVlan\": false");
    private static final String HOST = "10.100.0.9";
    private static final String PING = "ping -q -c 20 -i 0.02 -W 2 ";
    private final BridgeLab bridge = new BridgeLab();
    private final Lab lab = bridge.lab;

    @AfterEach
    void close() {
        bridge.close();
    }

    private long carried(String port) {
        Matcher found =
                Pattern.compile(
                                "Port: +" + port + " .*?(?:Fast path: +on, has carried (\\d+)|\\z)",
                                Pattern.DOTALL)
                        .matcher(lab.mustClient("describe", "bridge", "br1"));
        assertThat(found.find()).as(port).isTrue();
        return found.group(1) == null ? -1 : Long.parseLong(found.group(1));
    }

    private void isReached(String from, String address) {
        assertThat(lab.mustIn(from, PING + address)).contains(" 0% packet loss");
    }

    @Test
    void bothWaysWithATagAndWithout() throws IOException {
        bridge.bridges().apply(VLAN100);
        String one = bridge.guest("one", "vlan100", "10.100.0.1/24");
        String two = bridge.guest("two", "vlan100", "10.100.0.2/24", "--spoof-guard", "strict");
        isReached(one, HOST);
        assertThat(carried("one/bridge-net")).isGreaterThan(10);
        assertThat(carried("br1/eth1")).isGreaterThan(10);
        isReached(two, "10.100.0.1");
        assertThat(carried("two/bridge-net")).isGreaterThan(10);

        Path directory = Files.createDirectory(lab.shell.directory().resolve("big"));
        Path file = directory.resolve("file");
        lab.shell.sh("head -c 50M /dev/urandom > " + file);
        String sum = lab.shell.sh("sha256sum < " + file);
        lab.httpd(bridge.host, 8080, directory);
        lab.httpd(one, 8081, directory);
        String fetch = "curl -sS -m 60 http://%s/file | sha256sum";
        assertThat(lab.mustIn(one, fetch.formatted(HOST + ":8080"))).isEqualTo(sum);
        assertThat(lab.mustIn(two, fetch.formatted("10.100.0.1:8081"))).isEqualTo(sum);
        assertThat(lab.mustIn(bridge.host, fetch.formatted("10.100.0.1:8081"))).isEqualTo(sum);

        String counters = lab.mustClient("get", "counters", "one");
        assertThat(counters).doesNotContainPattern("drop_(?!no_port|reserved|no_member)");
        assertThat(lab.mustClient("get", "fdb", "br1"))
                .containsPattern(bridge.mac(one) + " +one/bridge-net +dynamic");
        lab.mustClient("detach", "one");
        assertThat(lab.mustIn(bridge.node, "ip -o link show type veth | grep -c vdp-").strip())
                .as("of the two crossings one is left")
                .isEqualTo("1");
    }

    @Test
    void whatIsForbiddenEndsWithTheNextFrame() {
        bridge.bridges().apply(VLAN100);
        String one = bridge.guest("one", "vlan100", "10.100.0.1/24");
        isReached(one, HOST);
        long before = carried("one/bridge-net");
        lab.mustIn(one, "ip link set eth1 address 02:00:de:ad:be:ef && ip neigh flush all");
        assertThat(lab.in(one, "ping -q -c 3 -i 0.2 -W 1 " + HOST).out())
                .contains("100% packet loss");
        assertThat(lab.mustClient("get", "counters", "one"))
                .containsPattern("drop_spoofed_mac +[1-9]");
        assertThat(carried("one/bridge-net")).isEqualTo(before);
    }

    @Test
    void aCaptureSeesAllFrames() throws IOException {
        bridge.bridges().apply(VLAN100);
        String one = bridge.guest("one", "vlan100", "10.100.0.1/24");
        isReached(one, HOST);
        Path file = lab.shell.directory().resolve("one.pcap");
        Process capture = lab.startClient("capture", "one", "-w", file.toString(), "icmp");
        Wait.until("the capture", 20, lab::clientsSaid, said -> said.contains("capturing on one"));
        long before = carried("one/bridge-net");
        isReached(one, HOST);
        assertThat(carried("one/bridge-net")).isEqualTo(before);
        capture.destroy();
        isReached(one, HOST);
        Wait.until("carried again", 20, () -> carried("one/bridge-net"), now -> now > before);
    }
}
