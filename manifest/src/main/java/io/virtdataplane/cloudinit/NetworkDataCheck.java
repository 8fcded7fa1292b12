package io.virtdataplane.cloudinit;

import io.virtdataplane.manifest.MachineNics;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Checks cloud-init network data before a guest is started with it: cloud-init itself drops what it
 * does not understand, and the guest is then without a network and without a way to say so. Version
 * 2 is checked in full, of version 1 the structure only.
 */
public final class NetworkDataCheck {
    private static final int MAX_CHARACTERS = 1 << 20;
    private static final Set<String> SECTIONS =
            Set.of("version", "renderer", "ethernets", "bonds", "bridges", "vlans");

    private final MachineNics machine;
    private final Problems problems;
    private int version;
    private int interfaces;

    private NetworkDataCheck(MachineNics machine, Problems problems) {
        this.machine = machine;
        this.problems = problems;
    }

    /**
     * @param problems in the order of the file; none: the network data is valid
     */
    public record Result(int version, int interfaces, List<Problem> problems) {
        public boolean isValid() {
            return problems.isEmpty();
        }

        /** Of a valid one. */
        public String summary() {
            return "network data is valid: "
                    + interfaces
                    + (interfaces == 1 ? " interface" : " interfaces")
                    + (version == 1 ? " (version 1: only its structure was checked)" : "");
        }
    }

    /** A file of network data for that machine. */
    public static Result file(String text, MachineNics machine) {
        return check(NetworkDataText.file(text), machine);
    }

    /** The network data in a machine's manifest; lines are those of the manifest. */
    public static Result embedded(String manifest) {
        MachineNics machine = MachineNics.parse(manifest); // which also finds what is no YAML
        Problems problems = new Problems(line -> line);
        Optional<NetworkDataText> text =
                machineNode(manifest, problems)
                        .flatMap(root -> NetworkDataText.embedded(root, problems));
        List<Problem> all = new ArrayList<>(problems.sorted());
        if (text.isEmpty()) {
            return new Result(0, 0, all);
        }
        Result result = check(text.get(), machine);
        all.addAll(result.problems);
        return new Result(result.version, result.interfaces, all);
    }

    /** The machine among the objects of a file: documents, and the items of lists. */
    private static Optional<Located> machineNode(String manifest, Problems problems) {
        List<Located> machines = new ArrayList<>();
        yaml(
                problems,
                () -> {
                    for (Node document :
                            new Yaml(new LoaderOptions()).composeAll(new StringReader(manifest))) {
                        Located.root(document, problems).machine().ifPresent(machines::add);
                    }
                    return machines;
                });
        return machines.stream().findFirst();
    }

    private static Result check(NetworkDataText data, MachineNics machine) {
        Problems problems = new Problems(data.lineOfFile());
        NetworkDataCheck check = new NetworkDataCheck(machine, problems);
        compose(data.text(), problems)
                .ifPresent(node -> check.document(Located.root(node, problems)));
        return new Result(check.version, check.interfaces, problems.sorted());
    }

    private static Optional<Node> compose(String text, Problems problems) {
        if (text.length() > MAX_CHARACTERS) {
            problems.add(null, "network data must be at most 1 MiB: length=" + text.length());
            return Optional.empty();
        }
        return yaml(
                problems,
                () -> {
                    Node node = new Yaml(new LoaderOptions()).compose(new StringReader(text));
                    if (node == null) {
                        problems.add(null, "network data must be a mapping: found=nothing");
                    }
                    return node;
                });
    }

    /** What reading YAML gives; none where it is no YAML, which is a problem. */
    private static <T> Optional<T> yaml(Problems problems, Supplier<T> reading) {
        try {
            return Optional.ofNullable(reading.get());
        } catch (MarkedYAMLException e) {
            problems.add(e.getProblemMark(), "network data must be valid YAML: " + e.getProblem());
        } catch (YAMLException e) {
            problems.add(
                    null,
                    "network data must be valid YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
        return Optional.empty();
    }

    private void document(Located root) {
        if (!root.isMapping()) {
            root.wrong("network data must be a mapping", "found=" + root.node().getNodeId());
            return;
        }
        // cloud-init takes the content with and without this key above it
        Located wrapped = root.fields().get("network");
        Located top = wrapped != null && wrapped.isMapping() ? wrapped : root;
        if (top == wrapped) {
            root.fields(Set.of("network"));
        }
        Located given = top.fields().get("version");
        if (given == null) {
            top.lacks("version", "must be 1 or 2");
            return;
        }
        String number = given.number().orElse("");
        switch (number) {
            case "1" -> {
                version = 1;
                interfaces = VersionOneCheck.check(top);
            }
            case "2" -> {
                version = 2;
                versionTwo(top);
            }
            default -> given.wrong("must be 1 or 2");
        }
    }

    private void versionTwo(Located top) {
        Map<String, Located> sections = top.fields(SECTIONS);
        Optional.ofNullable(sections.get("renderer")).ifPresent(EthernetCheck::renderer);
        for (String name : List.of("bonds", "bridges", "vlans")) {
            Located section = sections.get(name);
            if (section != null) {
                section.fields().values().forEach(Located::fields);
            }
        }
        Located section = sections.get("ethernets");
        if (section == null) {
            return;
        }
        List<EthernetSettings> ethernets =
                section.fields().values().stream().map(EthernetCheck::check).toList();
        new EthernetsCheck(ethernets, machine).check(section);
        interfaces = ethernets.size();
    }
}
