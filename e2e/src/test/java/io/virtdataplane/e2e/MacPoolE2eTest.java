package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The MAC pool of a node without a cluster. */
@RootTest
@Timeout(120)
class MacPoolE2eTest {
    @Test
    void nicOnABridgeHasAnAddressOfItsOwnForAsLongAsItIsAttached() {
        try (BridgeLab lab = new BridgeLab().bridges()) {
            lab.apply(BridgeLab.network("net1", "\"ipam\": {}"));
            String first = lab.mac(lab.guest("a", "net1", "10.100.0.1/24"));
            String second = lab.mac(lab.guest("b", "net1", "10.100.0.2/24"));
            assertThat(first).startsWith("02:").isNotEqualTo(second);
            assertThat(lab.lab.mustClient("get", "macs"))
                    .containsPattern("MAC +NIC +SOURCE")
                    .containsPattern(first + " +a/bridge-net +pool")
                    .containsPattern(second + " +b/bridge-net +pool");
            assertThat(lab.lab.mustClient("get", "macs", "b/bridge-net", "-o", "json"))
                    .contains("\"mac\": \"" + second + "\"")
                    .contains("\"range\": \"" + first.substring(0, 8) + ":00:00:00-")
                    .doesNotContain(first);
            restart(lab);
            assertThat(lab.lab.mustClient("get", "macs"))
                    .as("kept over a restart")
                    .containsPattern(first + " +a/bridge-net +pool")
                    .containsPattern(second + " +b/bridge-net +pool");
            Shell.Result refused = attach(lab, "c", first);
            assertThat(refused.ok()).isFalse();
            assertThat(refused.out())
                    .contains("failed to allocate requested mac address")
                    .contains("macAddress=" + first)
                    .contains("holder=a/bridge-net");
            assertThat(lab.lab.mustClient("get", "nics")).doesNotContain("c/bridge-net");
            lab.lab.mustClient("detach", "a/bridge-net");
            assertThat(attach(lab, "c", first).out()).contains(first);
            assertThat(lab.lab.mustClient("get", "macs", "-o", "wide"))
                    .containsPattern(first + " +c/bridge-net +manifest")
                    .doesNotContain("a/bridge-net");
        }
    }

    private static void restart(BridgeLab lab) {
        lab.lab.endDaemon();
        lab.lab.daemonIn(lab.node);
    }

    /** To the node's own namespace, where a tap is made. */
    private static Shell.Result attach(BridgeLab lab, String name, String mac) {
        String manifest =
                BridgeLab.machine(name, "net1")
                        .replace(
                                "bridge: {}",
                                "bridge: {}\n              macAddress: \"%s\"".formatted(mac));
        return lab.lab.client(
                "attach",
                "-f",
                lab.file(manifest).toString(),
                "--interface",
                "bridge-net",
                "--netns",
                lab.node,
                "--guest",
                "tap:t" + name);
    }
}
