package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Of each message that a guest can send to its gateway: every truncation, and a million mutations.
 * No fault, no frame lost, and the gateway answers as before.
 */
class MutationTest {
    private static final long SEED = 20261124;
    private static final int MUTATIONS = 1_000_000;
    private static final int BEHIND_ETHERNET = 14;
    private static final int GUEST = AddressText.ipv4("10.0.2.2");
    private static final int GATEWAY = AddressText.ipv4("10.0.2.1");
    private static final byte[] CLIENT_ID = {61, 7, 1, 0x52, 0x54, 0, 0, 0, 1};
    private static final byte[] ASKED = {55, 5, 1, 3, 6, 119, 121};

    static Stream<Arguments> messages() {
        byte[] wanted = DhcpServerTest.option(50, GUEST);
        byte[] server = DhcpServerTest.option(54, GATEWAY);
        String lease = Dhcpv6ServerTest.CLIENT + Dhcpv6ServerTest.SERVER + Dhcpv6ServerTest.LEASED;
        Stream<Arguments> dhcp =
                Stream.of(
                        Arguments.of(
                                "DISCOVER", DhcpServerTest.message(1, 0, 0x8000, CLIENT_ID, ASKED)),
                        Arguments.of(
                                "REQUEST",
                                DhcpServerTest.message(3, 0, 0, wanted, server, CLIENT_ID, ASKED)),
                        Arguments.of("DECLINE", DhcpServerTest.message(4, 0, 0, wanted, server)),
                        Arguments.of("RELEASE", DhcpServerTest.message(7, GUEST, 0, server)),
                        Arguments.of("INFORM", DhcpServerTest.message(8, GUEST, 0, ASKED)),
                        Arguments.of("ARP", DhcpServerTest.arp(GUEST, GATEWAY)));
        // RFC 8415 7.3: solicit, request, confirm, renew, rebind, release, decline, information
        Stream<Arguments> dhcpv6 =
                Stream.of(1, 3, 4, 5, 6, 8, 9, 11)
                        .map(
                                type ->
                                        Arguments.of(
                                                "DHCPv6 " + type,
                                                Dhcpv6ServerTest.message(type, lease)));
        Stream<Arguments> discovery =
                Stream.of(
                        Arguments.of(
                                "router solicitation",
                                RouterAdvertiserTest.solicitation("fe80::5054:ff:fe00:1")),
                        Arguments.of(
                                "neighbor solicitation",
                                NeighborResponderTest.solicitation(
                                        "fd10:0:2::2", "ff02::1:ff00:1", "fd10:0:2::1", true)));
        return Stream.concat(dhcp, Stream.concat(dhcpv6, discovery));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("messages")
    void harmNothing(String name, byte[] whole) {
        ResponderBench bench = new ResponderBench();
        for (int length = 1; length < whole.length; length++) {
            bench.on.later(1_000_000L);
            bench.send(Arrays.copyOf(whole, length));
        }
        Random random = new Random(SEED);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutant = whole.clone();
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                int at = BEHIND_ETHERNET + random.nextInt(mutant.length - BEHIND_ETHERNET);
                mutant[at] = (byte) random.nextInt();
            }
            bench.on.later(1_000_000L); // no more than is answered in a second
            bench.send(mutant);
        }
        assertThat(bench.count(Verdict.DROP_FAULT))
                .as("%s seed=%d fault=%s", name, SEED, bench.worker.describeFault(0))
                .isZero();
        bench.on.later(2_000_000_000L);
        assertThat(bench.send(DhcpServerTest.message(1, 0, 0))).as("still answers").hasSize(1);
    }
}
