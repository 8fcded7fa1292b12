package io.virtdataplane.cloudinit;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * Network data as text, and to which line of the file that was given each of its lines belongs.
 *
 * @param lineOfFile both from 1
 */
record NetworkDataText(String text, IntUnaryOperator lineOfFile) {
    private static final List<String> SOURCES = List.of("cloudInitNoCloud", "cloudInitConfigDrive");

    static NetworkDataText file(String text) {
        return new NetworkDataText(text, line -> line);
    }

    /**
     * The network data in the cloud-init volume of a machine's manifest. The documentation prints
     * volumes both in the template's spec and in the machine's own.
     */
    static Optional<NetworkDataText> embedded(Located manifest, Problems problems) {
        List<Located> volumes = new ArrayList<>();
        child(Optional.of(manifest), "spec", "template", "spec", "volumes").ifPresent(volumes::add);
        child(Optional.of(manifest), "spec", "volumes").ifPresent(volumes::add);
        List<Located> found = new ArrayList<>();
        for (Located list : volumes) {
            for (Located volume : list.elements()) {
                for (String source : SOURCES) {
                    Optional<Located> at = child(Optional.of(volume), source);
                    child(at, "networkData").ifPresent(found::add);
                    child(at, "networkDataBase64").ifPresent(found::add);
                    child(at, "networkDataSecretRef")
                            .ifPresent(
                                    secret ->
                                            secret.wrong(
                                                    "must be checked with --network-data FILE",
                                                    "the secret is in the cluster"));
                }
            }
        }
        if (found.isEmpty() && problems.sorted().isEmpty()) {
            manifest.lacks(
                    "spec.volumes",
                    "must have a cloudInitNoCloud or cloudInitConfigDrive volume with networkData");
        }
        for (Located other : found.stream().skip(1).toList()) {
            other.wrong("must be the only one", "first=line " + found.getFirst().line());
        }
        return found.stream().findFirst().flatMap(NetworkDataText::of);
    }

    private static Optional<NetworkDataText> of(Located at) {
        Optional<String> text = at.text();
        int header = at.node().getStartMark().getLine() + 1;
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (at.name().equals("networkData")) {
            // The lines of a literal block follow its mark; in other forms there are none to count.
            boolean isLiteral =
                    at.node() instanceof ScalarNode scalar
                            && scalar.getScalarStyle() == ScalarStyle.LITERAL;
            return Optional.of(
                    new NetworkDataText(
                            text.get(), isLiteral ? line -> header + line : line -> header));
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(text.get().replaceAll("[\r\n]", ""));
            return Optional.of(
                    new NetworkDataText(new String(bytes, StandardCharsets.UTF_8), line -> header));
        } catch (IllegalArgumentException e) {
            at.wrong("must be base64", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /** Down a path of mappings, as far as there is one. */
    private static Optional<Located> child(Optional<Located> from, String... names) {
        Optional<Located> at = from;
        for (String name : names) {
            at =
                    at.filter(Located::isMapping)
                            .map(Located::fields)
                            .map((Map<String, Located> fields) -> fields.get(name))
                            .filter(field -> !field.isMissing());
        }
        return at;
    }
}
