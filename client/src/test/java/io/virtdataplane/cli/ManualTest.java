package io.virtdataplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.cli.view.Listings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** The manual page lists every command and option that help lists. */
class ManualTest {
    private static final Path PAGE = Path.of("../systemd/virt-dataplane.8");

    /** All commands that do something, by the words that call them. */
    private static Map<String, CommandLine> commands() {
        Map<String, CommandLine> commands = new TreeMap<>();
        collect(new CommandLine(Main.class), "", commands);
        return commands;
    }

    private static void collect(CommandLine of, String prefix, Map<String, CommandLine> commands) {
        of.getSubcommands()
                .forEach(
                        (name, command) -> {
                            String words = prefix + name;
                            if (command.getSubcommands().isEmpty()) {
                                commands.put(words, command);
                            } else {
                                collect(command, words + " ", commands);
                            }
                        });
    }

    private static Stream<String> names() {
        return commands().keySet().stream();
    }

    private static String part(String head) throws IOException {
        String page = Files.readString(PAGE).replaceAll("\\\\f.", "").replace("\\-", "-");
        String[] parts = page.split("(?m)^" + Pattern.quote(".SS " + head) + "$", -1);
        assertThat(parts).as("one part named " + head).hasSize(2);
        return parts[1].split("(?m)^\\.S[HS] ", 2)[0];
    }

    /** What stands there, and what it refers to. */
    private static String parts(String command) throws IOException {
        String own = part(command) + part("Common options");
        return switch (command) {
            case "attach" -> own + part("set");
            case "sriov apply" -> own + part("apply");
            default -> own;
        };
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyOptionIsListed(String name) throws IOException {
        String text = parts(name);
        List<String> options =
                commands().get(name).getCommandSpec().options().stream()
                        .flatMap(option -> Stream.of(option.names()))
                        .toList();
        assertThat(options)
                .allSatisfy(option -> assertThat(text).containsPattern(option + "[ ,\n]"));
    }

    @Test
    void everyKindOfGetIsListed() throws IOException {
        String get = part("get");
        assertThat(Listings.names())
                .allSatisfy(kind -> assertThat(get).containsPattern("[\", ]" + kind + "[\"\n ]"));
    }
}
