package io.virtdataplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.api.Endpoint;
import io.virtdataplane.api.PlainText;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
    private static final int USAGE = 2;

    private record Said(int code, String out, String err) {}

    private static Said run(String... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        ByteArrayOutputStream complained = new ByteArrayOutputStream();
        System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
        try {
            int code = Main.run(arguments);
            return new Said(
                    code,
                    said.toString(StandardCharsets.UTF_8),
                    complained.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "nonsense",
        "nonsense --help",
        "sriov nonsense",
        "sriov nonsense --help",
        "help nonsense"
    })
    void unknownCommandIsWrongUsage(String line) {
        Said said = run(line.split(" "));
        assertThat(said.code()).isEqualTo(USAGE);
        assertThat(said.out()).isEmpty();
        assertThat(said.err()).contains("nonsense").doesNotContain("Exception");
    }

    /** And costs one line, however long it is: it may have no end. */
    @Test
    void manifestThatIsTooLongIsRefusedInOneLine() {
        Said said = run("apply", "-f", "/dev/zero");
        assertThat(said.code()).isEqualTo(1);
        assertThat(said.err())
                .isEqualTo("virt-dataplane: manifest must be at most 1 MiB: file=/dev/zero\n");
    }

    @Test
    void controlCharactersReachTheTerminalAsText() {
        ByteArrayOutputStream terminal = new ByteArrayOutputStream();
        PrintStream stream =
                PlainText.stream(new PrintStream(terminal, true, StandardCharsets.UTF_8));
        stream.println("a\tb \u001b[2J \u009b1m \u007f \r ü ¢");
        String shown = "a\tb \\u001b[2J \\u009b1m \\u007f \\u000d ü ¢";
        assertThat(terminal.toString(StandardCharsets.UTF_8)).isEqualTo(shown + "\n");
        assertThat(PlainText.escaped("a\tb \u001b[2J \u009b1m \u007f \r ü ¢")).isEqualTo(shown);
        assertThat(run("apply", "-f", "/no\u001b[2J").err())
                .isEqualTo("virt-dataplane: no such file: /no\\u001b[2J\n");
    }

    @Test
    void nearestNamesAreOffered() {
        assertThat(run("desribe", "nic", "vm", "--help").err())
                .startsWith("virt-dataplane: no such command: desribe; did you mean describe");
    }

    @Test
    void unknownKindIsWrongUsageAndNamesAllKinds() {
        Said said = run("get", "pods");
        assertThat(said.code()).isEqualTo(USAGE);
        assertThat(said.err()).contains("nics, sessions, leases").contains("but was pods");
    }

    @Test
    void whatCannotBeWatchedIsWrongUsage() {
        Said said = run("get", "sessions", "-w");
        assertThat(said.code()).isEqualTo(USAGE);
        assertThat(said.err()).contains("--watch is for nics, leases, counters, sriov-state");
    }

    @Test
    void helpOfACommandIsItsOwn() {
        assertThat(run("get", "--help").out()).contains("nics, sessions, leases", "sriov-networks");
        assertThat(run("--help").out()).contains("run", "attach", "Exit codes:");
        assertThat(run("--help").code()).isZero();
    }

    @Test
    void versionIsTheBuilds() {
        assertThat(run("get", "-V").out()).isEqualTo(run("--version").out());
        assertThat(run("--version").out()).isEqualTo("virt-dataplane " + Endpoint.VERSION + "\n");
        assertThat(Endpoint.VERSION).matches("\\d+\\.\\d+\\.\\d+.*");
    }
}
