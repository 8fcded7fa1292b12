package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.sriov.PolicyRules;
import io.virtdataplane.sriov.SupportedNics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Manifests of the forms that other projects' documentation has: the same fields, written anew. The
 * first lines of each say what it is like, what becomes of it, and all that is said of it. README's
 * table lists them.
 */
class UpstreamExamplesTest {
    private static final Path EXAMPLES = Path.of("src/test/resources/examples");
    private static final Set<ObjectKind> MACHINE = EnumSet.of(ObjectKind.VIRTUAL_MACHINE);
    private static final Set<ObjectKind> APPLIED = EnumSet.complementOf(EnumSet.copyOf(MACHINE));
    private static final Manifests MANIFESTS = new Manifests(ManifestDefaults.DEFAULT);
    private static final PolicyRules RULES =
            new PolicyRules(new SupportedNics(List.of()), Map.of(), false);

    /** An example as its file has it. */
    record Example(Path file, String like, String outcome, List<String> says, String manifest) {
        static Example read(Path file) {
            try {
                String text = Files.readString(file);
                List<String> head = text.lines().takeWhile(line -> line.startsWith("# ")).toList();
                return new Example(
                        file,
                        values(head, "like").getFirst(),
                        values(head, "outcome").getFirst(),
                        values(head, "says"),
                        text.lines().skip(head.size()).collect(Collectors.joining("\n")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static List<String> values(List<String> head, String key) {
            String start = "# " + key + ": ";
            return head.stream()
                    .filter(line -> line.startsWith(start))
                    .map(line -> line.substring(start.length()))
                    .toList();
        }

        /** As README's table has it. */
        String row() {
            String words =
                    switch (outcome) {
                        case "accepted" -> "accepted";
                        case "warnings" -> "accepted with warnings";
                        case "refused" -> "refused with reason";
                        default -> throw new IllegalStateException(file + ": " + outcome);
                    };
            return "| " + file.getParent().getFileName() + " | " + like + " | " + words + " |";
        }

        @Override
        public String toString() {
            return EXAMPLES.relativize(file).toString();
        }
    }

    static List<Example> examples() throws IOException {
        try (Stream<Path> files = Files.walk(EXAMPLES)) {
            return files.filter(Files::isRegularFile).sorted().map(Example::read).toList();
        }
    }

    /** What was said, and whether it was a refusal. */
    private static final class Said {
        final List<String> warnings = new ArrayList<>();
        final List<String> left = new ArrayList<>();
        final List<String> refusals = new ArrayList<>();

        String outcome() {
            return refusals.isEmpty() ? warnings.isEmpty() ? "accepted" : "warnings" : "refused";
        }

        List<String> all() {
            return Stream.of(warnings, left, refusals).flatMap(List::stream).toList();
        }
    }

    private static void apply(String manifest, Said said) {
        ManifestFile file = MANIFESTS.parse(manifest, APPLIED);
        for (WrittenManifest each : file.objects()) {
            if (each.manifest() instanceof SriovManifest.Policy policy) {
                RULES.checkAlone(policy.spec());
            }
            said.warnings.addAll(each.warnings());
        }
        file.left().forEach(left -> said.left.add(left.toString()));
    }

    private static void attach(String manifest, Said said) {
        MachineManifest machine = MachineManifest.parse(manifest);
        boolean isMasquerade = machine.nics().nics().stream().anyMatch(MachineNic::isMasquerade);
        if (isMasquerade || machine.nics().nics().isEmpty()) {
            machine.podNic();
        }
        said.warnings.addAll(machine.warnings());
        machine.left().forEach(left -> said.left.add(left.toString()));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void isTakenOrRefusedWithTheseWords(Example example) {
        List<Fields> objects = Document.all(example.manifest);
        Said said = new Said();
        try {
            if (!objects.stream().allMatch(MachineSpec::isOne)) {
                apply(example.manifest, said);
            }
            if (objects.stream().anyMatch(MachineSpec::isOne)) {
                attach(example.manifest, said);
            }
        } catch (IllegalArgumentException e) {
            said.refusals.add(e.getMessage());
        }
        assertThat(said.outcome()).as(said.all().toString()).isEqualTo(example.outcome);
        assertThat(said.all()).hasSameSizeAs(example.says);
        for (String words : example.says) {
            assertThat(said.all()).anyMatch(each -> each.contains(words), words);
        }
    }

    @Test
    void readmeListsEachExampleWithItsOutcome() throws IOException {
        List<String> rows = examples().stream().map(Example::row).toList();
        Map<String, Long> counts =
                examples().stream()
                        .collect(Collectors.groupingBy(Example::outcome, Collectors.counting()));
        String readme = Files.readString(Path.of("README.md"));
        assertThat(
                        readme.lines()
                                .filter(
                                        line ->
                                                line.matches(
                                                        "\\| \\S+ \\| .* (accepted|warnings|reason) \\|")))
                .as("README.md should have\n" + String.join("\n", rows))
                .containsExactlyElementsOf(rows);
        assertThat(readme)
                .contains(
                        rows.size()
                                + " examples: "
                                + counts.get("accepted")
                                + " accepted, "
                                + counts.get("warnings")
                                + " accepted with warnings, "
                                + counts.get("refused")
                                + " refused with the reason.");
    }
}
