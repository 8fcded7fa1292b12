package io.virtdataplane.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.manifest.Manifests;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * The manual page lists what the daemon takes: settings, their defaults, and the options of run.
 */
class ManualTest {
    private static final Path PAGE = Path.of("../systemd/virt-dataplane.8");
    private static final Pattern ENTRY = Pattern.compile("\\.TP\n\\.B (\\w+)\n");
    private static final Pattern HERE_DOCUMENT =
            Pattern.compile("<<'EOF'\n(.*?)\nEOF\n", Pattern.DOTALL);

    /** Of the page: from a head to the next one of its level or above; no font changes. */
    private static String part(String head) throws IOException {
        String page = Files.readString(PAGE).replaceAll("\\\\f.", "");
        String plain = page.replace("\\-", "-").replace("\\(aq", "'").replace("\\(dq", "\"");
        int begin = plain.indexOf(head + "\n");
        assertThat(begin).as(head).isNotNegative();
        String rest = plain.substring(begin + head.length());
        Pattern end = Pattern.compile(head.startsWith(".SS") ? "\n\\.S[HS] " : "\n\\.SH ");
        return end.split(rest, 2)[0] + "\n";
    }

    private static Map<String, String> entries(String head) throws IOException {
        String text = part(head);
        Map<String, String> textByName = new LinkedHashMap<>();
        List<Integer> begins = new ArrayList<>();
        List<String> names = new ArrayList<>();
        Matcher entry = ENTRY.matcher(text);
        while (entry.find()) {
            begins.add(entry.start());
            names.add(entry.group(1));
        }
        for (int i = 0; i < names.size(); i++) {
            int end = i + 1 < names.size() ? begins.get(i + 1) : text.length();
            textByName.put(names.get(i), text.substring(begins.get(i), end));
        }
        return textByName;
    }

    private static List<Field> settings(Class<?> of) {
        return Arrays.stream(of.getDeclaredFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()))
                .filter(field -> !field.isSynthetic())
                .toList();
    }

    private static void check(Object defaults, String head) throws Exception {
        Map<String, String> entries = entries(head);
        List<Field> settings = settings(defaults.getClass());
        assertThat(entries.keySet())
                .as(head)
                .containsExactlyInAnyOrderElementsOf(
                        settings.stream().map(Field::getName).toList());
        for (Field setting : settings) {
            Object value = setting.get(defaults);
            boolean isPlain =
                    value instanceof String text && !text.isEmpty()
                            || value instanceof Number
                            || value instanceof Boolean;
            if (isPlain) {
                assertThat(entries.get(setting.getName()))
                        .containsPattern(
                                "Default:\\s(\\.\\w+ )?"
                                        + Pattern.quote(value.toString())
                                        + "( \\.|\\.)?\n");
            }
        }
    }

    @Test
    void everySettingStandsBelowItsHeadWithItsDefault() throws Exception {
        check(new ConfigFile(), ".SS Top-level settings");
        check(new ConfigFile.MacPool(), ".SS Settings below macPool");
        check(new ConfigFile.Metrics(), ".SS Settings below metrics");
        check(new ConfigFile.Kubernetes(), ".SS Settings below kubernetes");
        check(new ConfigFile.Sriov(), ".SS Settings below sriov");
        check(new ConfigFile.Services(), ".SS Settings below services");
    }

    @Test
    void exampleOfTheConfigurationIsTaken() throws IOException {
        String text = part(".SH CONFIGURATION");
        String example = text.substring(text.indexOf(".EX\n") + 4, text.indexOf(".EE\n"));
        Path file = Files.writeString(Files.createTempFile("config", ".yaml"), example);
        Config config = Config.of(ConfigFile.read(file, true));
        Files.delete(file);
        assertThat(config.socket().group()).isEqualTo("virt-operators");
        assertThat(config.packets().workers()).isEqualTo(2);
    }

    @Test
    void everyOptionOfRunIsListed() throws IOException {
        String run = part(".SS run");
        Stream<String> options =
                new CommandLine(new RunCommand())
                        .getCommandSpec().options().stream()
                                .map(CommandLine.Model.OptionSpec::longestName)
                                .filter(
                                        name ->
                                                !name.equals("--help")
                                                        && !name.equals("--version"));
        assertThat(options)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(run).containsPattern(name + "\\s"));
    }

    @Test
    void manifestsOfTheExamplesAreTaken() throws IOException {
        Matcher manifests = HERE_DOCUMENT.matcher(part(".SH EXAMPLES"));
        List<String> kinds = new ArrayList<>();
        while (manifests.find()) {
            Manifests.parse(manifests.group(1))
                    .forEach(each -> kinds.add(each.manifest().kind().manifestKind()));
        }
        assertThat(kinds)
                .containsExactly(
                        "NodeNetworkConfigurationPolicy",
                        "NetworkAttachmentDefinition",
                        "SriovNetworkNodePolicy",
                        "SriovNetwork");
    }
}
