package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands in a file, and the JSON that kubectl makes of it. */
class YamlScalarTest {
    private static JsonNode read(String yaml) {
        return YamlTree.documents(yaml).getFirst();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                // truths of YAML 1.1, in three spellings
                "y | true",
                "Y | true",
                "yes | true",
                "Yes | true",
                "on | true",
                "ON | true",
                "True | true",
                "n | false",
                "No | false",
                "off | false",
                "FALSE | false",
                "oN | \"oN\"",
                "\"on\" | \"on\"",
                "'off' | \"off\"",
                "!!str on | \"on\"",
                // nothing
                "~ | null",
                "null | null",
                "Null | null",
                "nil | \"nil\"",
                // whole numbers
                "0 | 0",
                "-7 | -7",
                "+7 | 7",
                "0777 | 511",
                "-0777 | -511",
                "0o14 | 12",
                "0x1F | 31",
                "0b101 | 5",
                "-0b101 | -5",
                "1_000 | 1000",
                "8086 | 8086",
                "1015 | 1015",
                "18446744073709551615 | 18446744073709551615",
                "-9223372036854775808 | -9223372036854775808",
                "18446744073709551616 | 1.8446744073709552E19",
                "!!int 12 | 12",
                "'12' | \"12\"",
                "!!str 12 | \"12\"",
                // what looks octal and is not
                "08 | 8",
                "0o9 | \"0o9\"",
                "0x | \"0x\"",
                "0xg | \"0xg\"",
                "+- 1 | \"+- 1\"",
                "--1 | \"--1\"",
                // fractions; a device's code may be one
                "1.5 | 1.5",
                ".5 | 0.5",
                "1. | 1",
                "1e3 | 1000",
                "10e1 | 100",
                "15b3 | \"15b3\"",
                "158b | \"158b\"",
                "3.0 | 3",
                "1.2.3 | \"1.2.3\"",
                "._5 | \"._5\"",
                // no numbers of base 60
                "0000:18:00.1 | \"0000:18:00.1\"",
                "52:54:00:12:34:56 | \"52:54:00:12:34:56\"",
                "190:20:30 | \"190:20:30\"",
                "12:30 | \"12:30\"",
                // dates stay text
                "2026-01-02 | \"2026-01-02\"",
                "2026-01-02T03:04:05Z | \"2026-01-02T03:04:05Z\"",
                "!!timestamp 2026-01-02 | \"2026-01-02\"",
                // text
                "10.0.2.0/24 | \"10.0.2.0/24\"",
                "50% | \"50%\"",
                "<< | \"<<\"",
                "!ours 5 | \"5\"",
            })
    void scalarsAreWhatKubectlTakesThemFor(String written, String json) {
        assertThat(read("a: " + written).get("a").toString()).isEqualTo(json);
    }

    @ParameterizedTest
    @ValueSource(strings = {".inf", "-.Inf", "+.INF", ".nan", "!!float x"})
    void numbersThatJsonHasNotAreRefused(String written) {
        assertThatThrownBy(() -> read("a: " + written))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageStartingWith("manifest must have numbers that JSON can hold: value=");
    }

    @Test
    void numberThatIsTooLongIsRefusedWithoutMuchWork() {
        for (String number : List.of("9".repeat(1 << 20), "0x" + "f".repeat(1 << 20))) {
            for (String text : List.of("a: " + number, "{\"a\": " + number + "}")) {
                long before = allocated();
                String said = "";
                try {
                    said = String.valueOf(Document.all(text));
                } catch (InvalidManifestException e) {
                    said = e.getMessage();
                }
                assertThat((allocated() - before) >> 20).as("MiB").isLessThan(40);
                assertThat(said).hasSizeLessThan(number.startsWith("0x") ? 2 << 20 : 300);
            }
        }
        assertThatThrownBy(() -> read("a: 1e400"))
                .hasMessage("manifest must have numbers that JSON can hold: value=1e400");
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }

    @Test
    void aliasedNameAndHostNameAreTheirAnchors() {
        String yaml = "metadata: {name: &n vm-1}\nspec: {hostname: *n, names: [*n]}";
        assertThat(read(yaml).at("/spec/hostname").asText()).isEqualTo("vm-1");
        assertThat(read(yaml).at("/spec/names/0").asText()).isEqualTo("vm-1");
    }

    @Test
    void keysAreText() {
        assertThat(read("{1: a, on: b, 1.5: c, ~: d, 0x10: e}"))
                .hasToString(
                        "{\"1\":\"a\",\"true\":\"b\",\"1.5\":\"c\",\"null\":\"d\",\"16\":\"e\"}");
        assertThatThrownBy(() -> read("? [a]\n: b")).hasMessageContaining("a key must be a scalar");
    }

    @Test
    void aliasesAndMergesAreResolved() {
        String yaml =
                """
                port: &port {name: eth1, vlan: &vlan {mode: trunk}}
                again: *port
                merged: {<<: *port, name: eth2}
                several: {<<: [{a: 1, b: 1}, {b: 2, c: 2}], c: 3}
                quoted: {"<<": 1}
                """;
        assertThat(read(yaml).get("again")).isEqualTo(read(yaml).get("port"));
        assertThat(read(yaml).get("merged"))
                .hasToString("{\"name\":\"eth2\",\"vlan\":{\"mode\":\"trunk\"}}");
        assertThat(read(yaml).get("several").toString()).contains("\"a\":1", "\"b\":1", "\"c\":3");
        assertThat(read(yaml).get("quoted")).hasToString("{\"<<\":1}");
        assertThatThrownBy(() -> read("a: {<<: 5}"))
                .hasMessageContaining("a merge needs a mapping");
    }

    @Test
    void keyThatComesTwiceIsRefusedWithItsLine() {
        assertThatThrownBy(() -> read("a: 1\nb:\n  c: 1\n  c: 2"))
                .hasMessage("manifest must be valid YAML at line 4: key must be given once: key=c");
        assertThatThrownBy(() -> read("{on: 1, yes: 2}")).hasMessageContaining("key=true");
    }

    @Test
    void whatGrowsWithoutEndIsRefused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++) {
            String alias = "*a" + (i - 1);
            bomb.append("a" + i + ": &a" + i + " [" + alias + (", " + alias).repeat(3) + "]\n");
        }
        assertThatThrownBy(() -> read(bomb.toString()))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageStartingWith("manifest must be valid YAML");
        assertThatThrownBy(() -> read("a: &a {b: *a}"))
                .isInstanceOf(InvalidManifestException.class);
        assertThatThrownBy(() -> read("[".repeat(300) + "]".repeat(300)))
                .isInstanceOf(InvalidManifestException.class);
    }

    @Test
    void jsonMayHaveTabsAndSeveralObjects() {
        assertThat(Document.all("{\t\"kind\": \"A\"\n}\n{\"kind\": \"B\"}")).hasSize(2);
        assertThatThrownBy(() -> Document.all("{\"a\": 1, \"a\": 2}"))
                .hasMessageContaining("key must be given once: key=a");
    }
}
