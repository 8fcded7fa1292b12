package io.virtdataplane.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ConsoleCommandTest {
    @ParameterizedTest
    @CsvSource({
        "localhost:0, 127.0.0.1",
        "127.0.0.1:0, 127.0.0.1",
        "[::1]:0, ::1",
        "0.0.0.0:0, 0.0.0.0",
        "[2001:db8::1]:0, 2001:db8::1"
    })
    void listensOnAnAddress(String listen, String address) {
        assertThat(ConsoleCommand.address(listen))
                .isEqualTo(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "8090", "127.0.0.1", ":8090", "127.0.0.1:65536", "1.2.3:1", "host:1"})
    void noAddressIsRefused(String listen) {
        assertThatThrownBy(() -> ConsoleCommand.address(listen))
                .hasMessageStartingWith("listen must be an address and a port");
    }

    @Test
    void tlsWithoutAPasswordIsRefused() {
        CommandLine command = new CommandLine(new ConsoleCommand());
        command.setExecutionExceptionHandler(
                (e, line, result) -> {
                    assertThat(e)
                            .hasMessage(
                                    "tls-cert, tls-key and password-file must be given together: tls-cert=a tls-key=b password-file=");
                    return 7;
                });
        assertThat(command.execute("--tls-cert", "a", "--tls-key", "b")).isEqualTo(7);
    }
}
