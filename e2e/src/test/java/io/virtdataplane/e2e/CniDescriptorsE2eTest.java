package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pods come and go, and the daemon has no more open than before. */
@RootTest
@Timeout(120)
class CniDescriptorsE2eTest {
    private final BridgeLab bridge = new BridgeLab().bridges();
    private final Lab lab = bridge.lab;
    private final CniCaller cni = new CniCaller(lab);

    @AfterEach
    void close() {
        bridge.close();
    }

    /**
     * Pollers are the runtime's own, one for each thread that carries virtual ones; of all else
     * nothing stays open.
     */
    private Map<String, Long> descriptors() {
        String kinds =
                lab.shell.sh(
                        "find /proc/%d/fd -type l -printf '%%l\\n' 2> /dev/null | sed 's/[0-9]\\{2,\\}/N/g'"
                                .formatted(lab.daemonProcess().pid()));
        return kinds.lines()
                .filter(kind -> !kind.contains("[eventpoll]") && !kind.contains("[eventfd]"))
                .collect(Collectors.groupingBy(kind -> kind, TreeMap::new, Collectors.counting()));
    }

    @Test
    void manyAddsAndDelsLeaveNoDescriptorOpen() {
        String many =
                """
                export VIRT_DATAPLANE_CNI_SOCKET=%1$s CNI_PATH=/x CNI_IFNAME=net1 CNI_ARGS=IgnoreUnknown=1 CNI_NETNS=/run/netns/%2$s
                call() { CNI_COMMAND=$1 CNI_CONTAINERID=$2 %3$s <<< '%4$s' > /dev/null || echo failed $1 $2; }
                for i in $(seq %5$d); do call ADD c$i; call DEL c$i; done
                """;
        for (String network :
                List.of(
                        "{\"cniVersion\":\"1.0.0\",\"name\":\"vlan100\",\"type\":\"cnv-bridge\",\"bridge\":\"br1\",\"vlan\":100}",
                        "{\"cniVersion\":\"1.0.0\",\"name\":\"vdp\",\"type\":\"virt-dataplane\"}")) {
            assertThat(soak(many, network, 5)).isBlank();
            Map<String, Long> before = descriptors();
            assertThat(before).containsKey("anon_inode:[io_uring]");
            assertThat(soak(many, network, 30)).isBlank();
            Wait.until("what was open before", 10, this::descriptors, before::equals);
        }
    }

    private String soak(String script, String network, int times) {
        String[] words = {
            "bash", "-c", script.formatted(cni.socket(), lab.pod, cni.plugin(), network, times)
        };
        return lab.shell.run(words).out();
    }
}
