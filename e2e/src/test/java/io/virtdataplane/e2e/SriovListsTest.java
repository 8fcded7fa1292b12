package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What get and describe print of cards, in each form. */
@Timeout(120)
class SriovListsTest {
    private static final String OBJECTS =
            """
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetworkNodePolicy
            metadata: {name: p1}
            spec: {resourceName: intel, numVfs: 2, nicSelector: {pfNames: ["enp2s0f0#0-0"]}, deviceType: vfio-pci}
            ---
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetwork
            metadata: {name: net1}
            spec: {resourceName: intel, vlan: 100}
            """;
    private static final String MACHINE =
            """
            kind: VirtualMachine
            metadata: {name: vm1, namespace: openshift-sriov-network-operator}
            spec:
              domain: {devices: {interfaces: [{name: nic1, sriov: {}, macAddress: "02:00:00:00:aa:01"}]}}
              networks: [{name: nic1, multus: {networkName: net1}}]
            """;
    @TempDir private Path directory;
    private CliLab lab;

    @BeforeEach
    void start() throws Exception {
        lab = new CliLab(directory, 2);
        lab.must("apply", "-f", lab.file(OBJECTS).toString());
        lab.must("sriov", "attach", "-f", lab.file(MACHINE).toString());
    }

    @AfterEach
    void stop() throws Exception {
        lab.close();
    }

    /** Rows with one blank between the cells. */
    private List<String> table(String... command) {
        return lab.must(command).lines().map(line -> line.replaceAll(" +", " ")).toList();
    }

    private static JsonNode tree(String text, boolean yaml) throws Exception {
        return (yaml ? new ObjectMapper(new YAMLFactory()) : new ObjectMapper()).readTree(text);
    }

    @Test
    void vfsAreListed() {
        assertThat(table("get", "vfs"))
                .hasSize(3)
                .element(0)
                .isEqualTo("PF VF PCI DRIVER RESOURCE USER");
        assertThat(table("get", "vfs", "ens1f0").get(1))
                .startsWith("ens1f0 0 0000:02:02.0 vfio-pci intel ")
                .endsWith("vm1/nic1");
        assertThat(table("get", "vfs", "enp2s0f0")).isEqualTo(table("get", "vfs", "ens1f0"));
        assertThat(table("get", "vfs", "0000:02:00.0").get(2))
                .as("outside the policy's range")
                .isEqualTo("ens1f0 1 0000:02:02.1 vfio-pci <none> <none>");
        List<String> wide = table("get", "vfs", "-o", "wide");
        assertThat(wide.get(0))
                .isEqualTo("PF VF PCI DRIVER RESOURCE USER NIC GROUP NUMA DEVICE MTU MAC VLAN");
        assertThat(wide.get(1)).endsWith("8086:154c 40 0 <none> <none> 02:00:00:00:aa:01 100");
    }

    @Test
    void pfsAreListed() {
        assertThat(table("get", "pfs"))
                .containsExactly(
                        "NAME PCI NIC DRIVER VFS TOTAL LINK NUMA",
                        "ens1f0 0000:02:00.0 8086:158b <none> 2 8 up 0");
        assertThat(table("get", "pfs", "-o", "wide"))
                .containsExactly(
                        "NAME PCI NIC DRIVER VFS TOTAL LINK SPEED NUMA MTU MAC TYPE ALT-NAMES EXTERNAL",
                        "ens1f0 0000:02:00.0 8086:158b <none> 2 8 up 25000 Mb/s 0 1500 3c:fd:fe:00:00:01 ETH enp2s0f0 false");
    }

    @Test
    void stateIsListed() {
        assertThat(table("get", "sriov-state"))
                .containsExactly(
                        "STATUS POLICIES NETWORKS PFS ERROR",
                        "Succeeded p1 openshift-sriov-network-operator/net1 1 <none>");
    }

    @Test
    void jsonAndYamlSayTheSame() throws Exception {
        for (String kind : List.of("vfs", "pfs", "sriov-state")) {
            JsonNode json = tree(lab.must("get", kind, "-o", "json"), false);
            assertThat(tree(lab.must("get", kind, "-o", "yaml"), true)).as(kind).isEqualTo(json);
        }
        JsonNode state = tree(lab.must("get", "sriov-state", "-o", "json"), false);
        assertThat(state.at("/syncStatus").asText()).isEqualTo("Succeeded");
        JsonNode pf = state.at("/interfaces/0");
        assertThat(pf.at("/altNames/0").asText()).isEqualTo("enp2s0f0");
        assertThat(pf.at("/linkType").asText()).isEqualTo("ETH");
        assertThat(pf.at("/linkSpeed").asText()).isEqualTo("25000 Mb/s");
        assertThat(pf.at("/totalVfs").asInt()).isEqualTo(8);
        assertThat(pf.at("/vfs/0/vlan").asInt()).isEqualTo(100);
        assertThat(pf.at("/vfs/0/mac").asText()).isEqualTo("02:00:00:00:aa:01");
        assertThat(pf.at("/vfs/1/vlan").asInt()).isZero();
        assertThat(tree(lab.must("describe", "pf", "ens1f0", "-o", "json"), false)).isEqualTo(pf);
    }

    @Test
    void pfIsDescribedWithItsVfs() {
        String described = lab.must("describe", "pf", "ens1f0");
        assertThat(described.lines().map(line -> line.replaceAll(" +", " ")))
                .contains(
                        "Name: ens1f0",
                        "Alternative Names: enp2s0f0",
                        "PCI Address: 0000:02:00.0",
                        "Link: ETH, up, 25000 Mb/s",
                        "NUMA Node: 0",
                        "VFs: 2 of 8",
                        "Externally Managed: false",
                        "PF VF PCI DRIVER RESOURCE USER");
    }

    @Test
    void unknownNameIsOneLineAndExitCodeOne() {
        for (String[] command :
                new String[][] {
                    {"get", "vfs", "ens9"}, {"get", "pfs", "ens9"}, {"describe", "pf", "ens9"}
                }) {
            CliLab.Result result = lab.run(command);
            assertThat(result.code()).isEqualTo(1);
            assertThat(result.err()).isEqualTo("virt-dataplane: no such PF: name=ens9\n");
            assertThat(result.out()).isEmpty();
        }
        assertThat(lab.run("get", "cards").code()).as("no such kind: usage").isEqualTo(2);
        assertThat(lab.run("describe", "pf").code()).as("no name: usage").isEqualTo(2);
    }
}
