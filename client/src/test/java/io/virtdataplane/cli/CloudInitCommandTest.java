package io.virtdataplane.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.cloudinit.NetworkDataCheck;
import io.virtdataplane.cloudinit.StaticSettings;
import io.virtdataplane.manifest.MachineNics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CloudInitCommandTest {
    private static final String MANIFEST =
            """
            kind: VirtualMachine
            spec:
              domain:
                devices:
                  interfaces:
                    - {name: default, masquerade: {}}
                    - {name: blue, bridge: {}, macAddress: "52:54:00:12:34:56"}
              networks:
                - {name: default, pod: {}}
                - {name: blue, multus: {networkName: br1}}
              volumes:
                - cloudInitNoCloud:
                    networkData: |
            """;

    private static int run(String... arguments) {
        return new CommandLine(new CloudInitCommand()).execute(arguments);
    }

    /** A manifest that holds, as its network data, what was printed for it. */
    private static String holding(String networkData) {
        return MANIFEST + networkData.indent(12);
    }

    @Test
    void whatIsPrintedIsValidInItsManifest() throws IOException {
        MachineNics machine = MachineNics.parse(MANIFEST);
        List<StaticSettings> all =
                List.of(
                        StaticSettings.NONE,
                        new StaticSettings(List.of(), List.of(), List.of(), true),
                        new StaticSettings(
                                List.of("blue=10.10.10.14/24", "default=10.0.2.2/24"),
                                List.of("10.10.10.1", "10.0.2.1"),
                                List.of("10.10.10.2"),
                                false));
        for (StaticSettings settings : all) {
            for (CloudInitCommand.Form form : CloudInitCommand.Form.values()) {
                String printed = CloudInitCommand.print(machine, settings, form);
                NetworkDataCheck.Result result = NetworkDataCheck.embedded(holding(printed));
                assertThat(result.problems()).isEmpty();
                assertThat(result.summary()).isEqualTo("network data is valid: 2 interfaces");
            }
        }
    }

    @Test
    void addressThatThePodCannotHaveIsNotPrinted() {
        MachineNics machine = MachineNics.parse(MANIFEST);
        StaticSettings settings =
                new StaticSettings(List.of("default=10.0.2.9/24"), List.of(), List.of(), false);
        assertThatThrownBy(
                        () -> CloudInitCommand.print(machine, settings, CloudInitCommand.Form.yaml))
                .hasMessage(
                        "ethernets.eth0.addresses[0] must be 10.0.2.2, the guest's address in vmNetworkCIDR: addresses=10.0.2.9/24");
    }

    @Test
    void exitCodeTellsWhetherAllIsWell(@TempDir Path folder) throws IOException {
        Path manifest = folder.resolve("vm.yaml");
        Path data = folder.resolve("network-data");
        Files.writeString(manifest, holding("version: 2\nethernets: {eth0: {dhcp4: true}}"));
        Files.writeString(data, "version: 2\nethernets: {eth0: {dhcp4: perhaps}}\n");
        assertThat(run("-f", manifest.toString())).isEqualTo(0);
        assertThat(run("-f", manifest.toString(), "--check")).isEqualTo(0);
        assertThat(run("-f", manifest.toString(), "--network-data", data.toString())).isEqualTo(1);
        assertThat(run("-f", manifest.toString(), "--check", "--network-data", data.toString()))
                .isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(run("-f", manifest.toString(), "--check", "--static-ipv6")).isEqualTo(1);
    }
}
