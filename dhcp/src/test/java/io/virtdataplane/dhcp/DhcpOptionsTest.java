package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.wire.AddressText;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Values of the options, and how they are laid out in a message. */
class DhcpOptionsTest {
    private static final int GUEST = AddressText.ipv4("10.0.2.2");
    private static final int GATEWAY = AddressText.ipv4("10.0.2.1");

    @Test
    void longOptionsAreSplitAndWhatFindsNoRoomGoesIntoFileAndSname() {
        CustomOptions custom =
                new CustomOptions(
                        List.of(AddressText.ipv4("10.0.0.123")),
                        "tftp.example.test",
                        "pxelinux.0",
                        List.of(),
                        Map.of(224, "a".repeat(200), 225, "b".repeat(60), 226, "c".repeat(40)));
        byte[][] values =
                DhcpOptions.values(scope(List.of("x".repeat(60) + ".example.test"), custom));
        assertThat(values[42]).containsExactly(10, 0, 0, 123);
        assertThat(values[66]).asString().isEqualTo("tftp.example.test");
        assertThat(values[67]).asString().isEqualTo("pxelinux.0");

        byte[] message = new byte[1500];
        MemorySegment b = MemorySegment.ofArray(message);
        DhcpReplyOptions options = new DhcpReplyOptions();
        options.begin(b, 0, 308, 0);
        assertThat(options.put(224, values[224], 200)).isTrue();
        assertThat(options.put(225, values[225], 60)).isTrue();
        assertThat(options.put(226, values[226], 40)).isTrue();
        int end = options.finish();
        assertThat(end).isLessThanOrEqualTo(240 + 308);
        assertThat(DhcpMessage.option(b, 0, end, 226)).as("in the file field").isBetween(108, 236);
        assertThat(DhcpMessage.option8(b, 0, end, DhcpOptions.OVERLOAD)).isEqualTo(1);

        options.begin(b, 0, 1000, 0);
        byte[] search = new byte[600];
        assertThat(options.put(119, search, search.length)).as("RFC 3396").isTrue();
        end = options.finish();
        assertThat(end - 240).isEqualTo(600 + 3 * 2 + 1);
        assertThat(message[240 + 1] & 0xff).isEqualTo(255);
        assertThat(message[240 + 257 + 1] & 0xff).isEqualTo(255);
        assertThat(message[240 + 2 * 257 + 1] & 0xff).isEqualTo(90);
        options.begin(b, 0, 308, 0);
        assertThat(options.put(119, search, search.length)).as("in one field").isFalse();
    }

    @Test
    void allTimeServersAndAPrivateOptionWithoutAValueAreGiven() {
        List<Integer> servers = IntStream.range(1, 13).mapToObj(i -> 0x0a000000 + i).toList();
        CustomOptions custom = new CustomOptions(servers, "", "", List.of(), Map.of(230, ""));
        byte[][] values = DhcpOptions.values(scope(List.of(), custom));
        assertThat(values[42]).hasSize(12 * 4);
        assertThat(values[230]).isEmpty();
        assertThat(values[66]).isNull();
    }

    @Test
    void classlessRoutesAreAsKubeVirtEncodesThem() {
        assertThat(encoded("224.0.0.0/4, 192.168.1.0/24 via 192.168.2.1"))
                .isEqualTo("04e000000000" + "18c0a801c0a80201");
        assertThat(encoded("10.128.0.0/14,224.0.0.0/4,0.0.0.0/0 via 10.129.0.1"))
                .isEqualTo("0e0a8000000000" + "04e000000000" + "000a810001");
        assertThat(encoded("169.254.1.1/32, 0.0.0.0/0 via 169.254.1.1"))
                .isEqualTo("20a9fe010100000000" + "00a9fe0101");
        for (String bad :
                List.of("", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/8 10.0.2.1", "a/8,")) {
            assertThatThrownBy(() -> Route.parse(bad))
                    .hasMessageContaining("must be routes such as 192.0.2.0/24 via 10.0.2.1");
        }
    }

    @Test
    void aLinkLocalNameServerIsReachedByTheGatewayAndTheDefaultRouteIsInBothOptions() {
        Scope scope =
                ResponderBench.scope(
                        1500,
                        new Resolver<>(List.of(AddressText.ipv4("169.254.20.10")), List.of()),
                        CustomOptions.NONE);
        assertThat(HexFormat.of().formatHex(DhcpOptions.values(scope)[121]))
                .isEqualTo("20a9fe140a0a000201" + "000a000201");
        assertThat(DhcpOptions.values(scope(List.of(), CustomOptions.NONE))[121]).isNull();
    }

    private static String encoded(String routes) {
        return HexFormat.of().formatHex(Route.encode(Route.parse(routes)));
    }

    private static Scope scope(List<String> search, CustomOptions custom) {
        return ResponderBench.scope(1500, new Resolver<>(List.of(), search), custom);
    }
}
