package io.virtdataplane.daemon.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.virtdataplane.daemon.control.SriovLab;
import io.virtdataplane.daemon.sriov.CardInTree;
import io.virtdataplane.daemon.sriov.SriovConfig;
import io.virtdataplane.sriov.VfAttributes;
import io.virtdataplane.sriov.VfSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A runtime gives pods VFs of a card in a tree; a file stands for a pod's namespace. */
@Timeout(60)
class CniVfNetworkTest {
    private static final String KEYS =
            ",\"vlan\":100,\"runtimeConfig\":{\"mac\":\"02:00:00:00:aa:01\"}";
    @TempDir private Path directory;
    private CardInTree card;
    private SriovLab lab;
    private CniPlugin plugin;

    @BeforeEach
    void start() throws IOException {
        card = new CardInTree(directory.resolve("sys"), 2);
        Files.createDirectories(directory.resolve("proc"));
        restart();
    }

    private void restart() throws IOException {
        stop();
        SriovConfig config =
                SriovConfig.DEFAULT.withProc(directory.resolve("proc")).withDevicePlugins("none");
        lab = new SriovLab(card, config, directory.resolve("state"));
        plugin = new CniPlugin(Map.of("sriov", new CniVfNetwork(lab.control.pods())));
    }

    @AfterEach
    void stop() {
        if (lab != null) {
            lab.close();
        }
    }

    private static String network(String version, int vf, String keys) {
        return "{\"cniVersion\":\"%s\",\"name\":\"blue\",\"type\":\"sriov\",\"deviceID\":\"%s\",\"pciBusID\":\"%2$s\",\"ipam\":{}%s}"
                .formatted(version, CardInTree.vf(vf), keys);
    }

    private Path namespace(String id) throws IOException {
        Path file = directory.resolve("netns-" + id);
        return Files.exists(file) ? file : Files.createFile(file);
    }

    private CniPlugin.Answer call(String command, String id, String input) throws IOException {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("CNI_COMMAND", command);
        environment.put("CNI_CONTAINERID", id);
        environment.put("CNI_NETNS", namespace(id).toString());
        environment.put("CNI_IFNAME", "net1");
        environment.put(
                "CNI_ARGS", "IgnoreUnknown=true;K8S_POD_NAMESPACE=demo;K8S_POD_NAME=launcher");
        environment.put("CNI_PATH", "/opt/cni/bin");
        return plugin.run(new CniCall(environment, input));
    }

    private JsonNode added(String id, String input) throws IOException {
        CniPlugin.Answer answer = call("ADD", id, input);
        assertThat(answer.exitCode()).as(answer.output()).isZero();
        return new ObjectMapper().readTree(answer.output());
    }

    private void refused(CniPlugin.Answer answer, int code, String words) throws IOException {
        assertThat(answer.exitCode()).as(answer.output()).isEqualTo(1);
        JsonNode error = new ObjectMapper().readTree(answer.output());
        assertThat(error.get("code").asInt()).as(answer.output()).isEqualTo(code);
        assertThat(error.get("msg").asText()).contains(words);
    }

    private VfAttributes attributes(int vf) {
        return card.read("ens1f0").get(vf);
    }

    private List<String> owners() {
        return IntStream.range(0, 2)
                .mapToObj(CardInTree::vf)
                .map(
                        address ->
                                lab.control
                                        .node()
                                        .state()
                                        .userByAddress()
                                        .getOrDefault(address, ""))
                .toList();
    }

    @Test
    void vfIsSetForThePodAndPutBackAndTheResultIsThatOfTheVersion() throws IOException {
        VfAttributes before = attributes(0);
        for (String version : List.of("0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")) {
            String network = network(version, 0, KEYS);
            JsonNode result = added("c1", network);
            JsonNode device = result.at("/interfaces/0");
            assertThat(result.get("cniVersion").asText()).isEqualTo(version);
            assertThat(device.get("name").asText()).isEqualTo("net1");
            assertThat(device.get("mac").asText()).isEqualTo("02:00:00:00:aa:01");
            assertThat(device.get("sandbox").asText()).isEqualTo(namespace("c1").toString());
            assertThat(device.path("pciID").asText(""))
                    .isEqualTo(version.equals("1.1.0") ? CardInTree.vf(0) : "");
            assertThat(attributes(0).vlan().id()).isEqualTo(100);
            assertThat(attributes(0).mac()).isEqualTo(0x0200_0000_aa01L);
            refused(call("ADD", "c1", network), 999, "container has this interface already");
            for (int i = 0; i < 2; i++) {
                assertThat(call("DEL", "c1", network)).isEqualTo(CniPlugin.Answer.NOTHING);
                assertThat(attributes(0)).isEqualTo(before);
            }
        }
        refused(
                call("ADD", "c1", network("0.2.0", 0, KEYS)),
                1,
                "cannot convert: no valid IP addresses");
    }

    @Test
    void vfOfAnotherPodIsNotGivenAndALateDelDoesNotTouchItsNewOwner() throws IOException {
        added("old", network("1.0.0", 0, KEYS));
        refused(
                call("ADD", "new", network("1.0.0", 0, "")),
                999,
                "pci address 0000:02:02.0 is already allocated: owner=demo/launcher/net1");
        call("DEL", "old", network("1.0.0", 0, KEYS));
        added("new", network("1.0.0", 0, ",\"vlan\":200"));
        assertThat(call("DEL", "old", network("1.0.0", 0, KEYS)).exitCode()).isZero();
        assertThat(attributes(0).vlan().id()).as("the new pod's").isEqualTo(200);
        refused(
                call("ADD", "third", network("1.0.0", 1, ",\"mac\":\"02:00:00:00:00:00\"")),
                999,
                "mac must be unique among the PF's VFs");
        assertThat(owners()).containsExactly("demo/launcher/net1", "");
    }

    @Test
    void checkSeesWhatWasChangedByHandAndVfsOfOthers() throws IOException {
        String network = network("1.0.0", 0, KEYS);
        String result = added("c1", network).toString();
        String checked = network.replaceFirst("}$", ",\"prevResult\":" + result + "}");
        refused(call("CHECK", "c1", network), 7, "Required prevResult missing");
        assertThat(call("CHECK", "c1", checked)).isEqualTo(CniPlugin.Answer.NOTHING);
        refused(call("CHECK", "c2", checked), 999, "container has no such interface with this VF");
        card.set("ens1f0", 0, new VfSetting.Vlan(7, 0, VfSetting.VlanProtocol.DOT1Q));
        refused(call("CHECK", "c1", checked), 999, "VF attribute must have the value that was set");
    }

    @Test
    void collectionTakesWhatTheRuntimeDoesNotNameOfThatNetworkOnly() throws IOException {
        added("c1", network("1.1.0", 0, KEYS));
        added("c2", network("1.1.0", 1, ",\"vlan\":200").replace("blue", "red"));
        String gc =
                network(
                        "1.1.0",
                        0,
                        ",\"cni.dev/valid-attachments\":[{\"containerID\":\"%s\",\"ifname\":\"net1\"}]");
        assertThat(call("GC", "x", gc.formatted("c1")).exitCode()).isZero();
        assertThat(owners()).containsExactly("demo/launcher/net1", "demo/launcher/net1");
        assertThat(call("GC", "x", gc.formatted("c9")).exitCode()).isZero();
        assertThat(owners()).containsExactly("", "demo/launcher/net1");
    }

    @Test
    void restartKeepsThePodsVfAndADelThatWasNotedMeanwhileIsDone() throws IOException {
        added("c1", network("1.0.0", 0, KEYS));
        restart();
        assertThat(owners()).containsExactly("demo/launcher/net1", "");
        refused(call("ADD", "c1", network("1.0.0", 0, KEYS)), 999, "has this interface already");
        plugin.deleteLater("c1", "net9");
        assertThat(owners()).containsExactly("demo/launcher/net1", "");
        plugin.deleteLater("c1", "net1");
        assertThat(owners()).containsExactly("", "");
        assertThat(attributes(0).vlan().id()).isZero();
    }

    @Test
    void vfOfAPodThatIsGoneIsTakenBackByItselfAndForTheNextPod() throws IOException {
        assumeTrue(
                Files.isReadable(Path.of("/proc/1/ns")),
                "NOT RUN: CniVfNetworkTest.vfOfAPodThatIsGone...: only root sees all namespaces");
        added("c1", network("1.0.0", 0, KEYS));
        added("c2", network("1.0.0", 1, ",\"vlan\":200"));
        lab.control.pods().detachGone();
        assertThat(owners()).containsExactly("demo/launcher/net1", "demo/launcher/net1");
        Files.delete(namespace("c1"));
        added("c3", network("1.0.0", 0, ",\"vlan\":300"));
        assertThat(attributes(0).vlan().id()).isEqualTo(300);
        Files.delete(namespace("c2"));
        lab.control.pods().detachGone();
        assertThat(owners()).containsExactly("demo/launcher/net1", "");
        assertThat(attributes(1).vlan().id()).isZero();
    }

    @Test
    void vfThatCannotBePutBackNowIsNobodysAndTriedAgain() throws IOException {
        added("c1", network("1.0.0", 0, KEYS));
        card.deaf(0);
        assertThat(call("DEL", "c1", network("1.0.0", 0, KEYS)).exitCode())
                .as("the pod can go")
                .isZero();
        refused(call("ADD", "c2", network("1.0.0", 0, "")), 999, "is already allocated");
        card.deaf(-1);
        added("c2", network("1.0.0", 0, ""));
        assertThat(attributes(0).vlan().id()).isZero();
    }

    @Test
    void badRequestIsRefusedWhole() throws IOException {
        VfAttributes before = attributes(0);
        refused(call("ADD", "c1", network("1.0.0", 7, "")), 999, "failed to get VF information");
        refused(
                call("ADD", "c1", network("1.0.0", 0, "").replace("deviceID", "device")),
                7,
                "VF pci addr is required");
        refused(
                call("ADD", "c1", network("1.0.0", 0, ",\"min_tx_rate\":100")),
                999,
                "minTxRate must be 0 or left out on Intel NICs");
        Files.delete(card.root.resolve("bus/pci/devices/" + CardInTree.vf(0) + "/driver"));
        refused(call("ADD", "c1", network("1.0.0", 0, KEYS)), 999, "is not bound to vfio-pci");
        assertThat(attributes(0)).isEqualTo(before);
        assertThat(owners()).containsExactly("", "");
    }
}
