package io.virtdataplane.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.virtdataplane.cloudinit.NetworkDataCheck;
import io.virtdataplane.cloudinit.NetworkDataWriter;
import io.virtdataplane.cloudinit.Problem;
import io.virtdataplane.cloudinit.StaticSettings;
import io.virtdataplane.manifest.MachineManifest;
import io.virtdataplane.manifest.MachineNics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "cloud-init",
        description = {
            "Print cloud-init network data for the NICs of a machine, or check it.",
            "Needs no daemon."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class CloudInitCommand implements Callable<Integer> {
    /** The forms that cloud-init reads. */
    enum Form {
        yaml,
        json
    }

    /** What is to be checked; none: network data is printed. */
    static final class Given {
        @Option(
                names = "--check",
                required = true,
                description = "Check the network data in the manifest's cloud-init volume.")
        private boolean embedded;

        @Option(
                names = "--network-data",
                required = true,
                paramLabel = "FILE",
                description = "Check this file against the NICs of the manifest.")
        private String file;
    }

    @Option(
            names = {"-f", "--filename"},
            required = true,
            paramLabel = "FILE",
            description =
                    "VirtualMachine or VirtualMachineInstance manifest; - is standard input. The file may hold other objects.")
    private String manifest;

    @ArgGroup private Given given;

    @Option(
            names = {"-o", "--output"},
            defaultValue = "yaml",
            paramLabel = "FORMAT",
            description = "One of: ${COMPLETION-CANDIDATES}.")
    private Form form;

    @Option(
            names = "--static-ipv6",
            description =
                    "Print the masquerade NIC's IPv6 address and gateway, in place of DHCPv6.")
    private boolean staticIpv6;

    @Option(
            names = "--address",
            paramLabel = "IFACE=CIDR",
            description =
                    "Static address in place of DHCP. IFACE is the name in the manifest, or eth1.")
    private List<String> addresses = new ArrayList<>();

    @Option(
            names = "--gateway",
            paramLabel = "IP",
            description = "Default gateway, in the network of an --address.")
    private List<String> gateways = new ArrayList<>();

    @Option(
            names = "--nameserver",
            paramLabel = "IP",
            description = "Name server, for the interfaces that have an --address.")
    private List<String> nameservers = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        String text = read(manifest);
        StaticSettings settings = new StaticSettings(addresses, gateways, nameservers, staticIpv6);
        if (given == null) {
            System.out.print(print(MachineManifest.parse(text).nics(), settings, form));
            return 0;
        }
        if (!settings.equals(StaticSettings.NONE)) {
            throw new IllegalArgumentException(
                    "--address, --gateway, --nameserver and --static-ipv6 must not be given with --check or --network-data");
        }
        if (manifest.equals("-") && "-".equals(given.file)) {
            throw new IllegalArgumentException(
                    "--network-data must be a file where the manifest is standard input");
        }
        NetworkDataCheck.Result result =
                given.embedded
                        ? NetworkDataCheck.embedded(text)
                        : NetworkDataCheck.file(read(given.file), MachineNics.parse(text));
        result.problems().forEach(System.err::println);
        if (result.isValid()) {
            System.out.println(result.summary());
        }
        return result.isValid() ? 0 : 1;
    }

    /** What is printed has passed the check that others' network data must pass. */
    static String print(MachineNics machine, StaticSettings settings, Form form)
            throws JsonProcessingException {
        ObjectMapper mapper =
                form == Form.json
                        ? new ObjectMapper()
                        : new ObjectMapper(
                                YAMLFactory.builder()
                                        .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                                        .build());
        // Strings stay quoted: 52:54:00:12:34:56 alone is a number to YAML 1.1.
        String text =
                mapper.writerWithDefaultPrettyPrinter()
                        .writeValueAsString(NetworkDataWriter.write(machine, settings));
        List<Problem> problems = NetworkDataCheck.file(text, machine).problems();
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(
                    String.join("; ", problems.stream().map(Problem::message).toList()));
        }
        return text.stripTrailing() + "\n";
    }

    private static String read(String file) throws IOException {
        return file.equals("-")
                ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
                : Files.readString(Path.of(file));
    }
}
