package io.virtdataplane.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@GoldenBytes.Of(Protocols.class)
class ProtocolsTest {
    @ParameterizedTest
    @CsvSource({
        "ICMP, 1",
        "TCP, 6",
        "UDP, 17",
        "DCCP, 33",
        "GRE, 47",
        "ESP, 50",
        "ICMPv6, 58",
        "SCTP, 132",
        "UDPLITE, 136",
        "0, 0",
        "2, 2",
        "255, 255"
    })
    void nameAndNumberAreEachOthers(String name, int number) {
        assertThat(Protocols.name(number)).isEqualTo(name);
        assertThat(Protocols.number(name)).isEqualTo(number);
        assertThat(Protocols.number(Integer.toString(number))).isEqualTo(number);
    }

    @Test
    void caseIsOfNoMatter() {
        assertThat(Protocols.number("icmpV6")).isEqualTo(Protocols.ICMPV6);
        assertThat(Protocols.number("tcp")).isEqualTo(Protocols.TCP);
    }

    @ParameterizedTest
    @ValueSource(strings = {"256", "-1", "", "07", " tcp", "ip"})
    void whatIsNeitherIsRefused(String text) {
        assertThatThrownBy(() -> Protocols.number(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("protocol must be tcp, udp, icmp")
                .hasMessageEndingWith("protocol=" + text);
    }
}
