package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Search lists of all lengths, as a client of any message size reads them. */
class SearchDomainsTest {
    private static final int GUEST = AddressText.ipv4("10.0.2.2");

    /** 254 characters, which no single option holds uncompressed. */
    private static final List<String> NINE =
            List.of(
                    "production.svc.cluster.local",
                    "svc.cluster.local",
                    "cluster.local",
                    "europe-west.compute.internal.example.test",
                    "compute.internal.example.test",
                    "department-of-statistics.example.test",
                    "department-of-hydrology.example.test",
                    "laboratory.example.test",
                    "visitors.of.our.laboratory.net");

    private record Cut(long code, long client) {}

    private ResponderBench bench;

    private ReplyReader ask(int mtu, List<String> search, CustomOptions custom, byte[]... options) {
        Scope scope =
                ResponderBench.scope(
                        mtu,
                        new Resolver<>(List.of(AddressText.ipv4("10.96.0.10")), search),
                        custom);
        bench = new ResponderBench(scope, Ipv6Scope.NONE);
        List<byte[]> all = new ArrayList<>(List.of(options));
        all.add(DhcpServerTest.option(50, GUEST));
        byte[] request = DhcpServerTest.message(3, 0, 0, all.toArray(byte[][]::new));
        return new ReplyReader(bench.send(request).getFirst());
    }

    private List<Cut> cuts() {
        List<Cut> cuts = new ArrayList<>();
        bench.events.drain(
                (kind, nic, first, other) -> {
                    if (kind == EventKind.OPTION_CUT) {
                        cuts.add(new Cut(first, other));
                    }
                });
        return cuts;
    }

    private static byte[] takes(int size) {
        return new byte[] {57, 2, (byte) (size >>> 8), (byte) size};
    }

    @Test
    void nineDomainsReachAClientOfTheShortestMessages() {
        assertThat(NINE.stream().mapToInt(String::length).sum()).isEqualTo(254);
        for (byte[][] options : new byte[][][] {{takes(576)}, {}}) {
            ReplyReader reply = ask(1500, NINE, CustomOptions.NONE, options);
            assertThat(reply.searchList()).isEqualTo(NINE);
            assertThat(reply.option(119)).hasSizeLessThan(256);
            assertThat(reply.codes()).contains(1, 3, 6, 12, 15, 26, 51);
            assertThat(reply.length()).isLessThanOrEqualTo(576 - 28);
            assertThat(cuts()).isEmpty();
        }
    }

    @Test
    void aListThatNoFieldHoldsGoesOverAllOfThem() {
        List<String> names = unlike(12, 30);
        byte[] searchOnly = {55, 1, 119};
        ReplyReader reply = ask(1500, names, CustomOptions.NONE, searchOnly);
        assertThat(reply.option(52)).containsExactly(3);
        assertThat(reply.option(119)).hasSize(12 * 32);
        assertThat(reply.searchList()).isEqualTo(names);
        assertThat(reply.length()).isLessThanOrEqualTo(576 - 28);
    }

    @Test
    void aListThatDoesNotFitIsCutBehindANameAndThatIsTold() {
        List<String> names = unlike(32, 61); // with spaces, Kubernetes' 2048 characters
        ReplyReader reply = ask(1500, names, CustomOptions.NONE);
        int count = reply.searchList().size();
        assertThat(count).isBetween(5, 7);
        assertThat(reply.searchList()).isEqualTo(names.subList(0, count));
        assertThat(cuts()).containsExactly(new Cut(119, ResponderBench.GUEST_MAC));
        assertThat(ask(9000, names, CustomOptions.NONE, takes(4000)).searchList()).isEqualTo(names);
        assertThat(cuts()).isEmpty();
    }

    @Test
    void theSameClientIsReportedOnceASecond() {
        ask(1500, unlike(32, 61), CustomOptions.NONE);
        byte[] request = DhcpServerTest.message(3, 0, 0, DhcpServerTest.option(50, GUEST));
        bench.send(request);
        assertThat(cuts()).hasSize(1);
        bench.on.later(1_000_000_000L);
        bench.send(request);
        assertThat(cuts()).hasSize(1);
    }

    /** Of all sizes, so that each boundary of a part and of a field is met. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whateverFitsIsReadAsItWasWritten(long seed) {
        Random random = new Random(seed);
        for (int size = 576; size < 1500; size += 1 + random.nextInt(3)) {
            List<String> names =
                    random.ints(1 + random.nextInt(60), 0, 200)
                            .mapToObj(n -> "n".repeat(1 + n % 40) + n + ".of" + n % 7 + ".test")
                            .toList();
            ReplyReader reply = ask(1500, names, CustomOptions.NONE, takes(size));
            assertThat(reply.length()).as("size=%d", size).isLessThanOrEqualTo(size - 28);
            List<String> read = reply.searchList();
            assertThat(read).isEqualTo(names.subList(0, read.size()));
            assertThat(cuts().isEmpty()).isEqualTo(read.size() == names.size());
        }
    }

    @Test
    void onlyNamesThatDnsTakesAreTold() {
        List<String> names =
                List.of("foo,com", "-foo.com", "Foo.COM.", "a..b", "x".repeat(64) + ".de", "");
        assertThat(ask(1500, names, CustomOptions.NONE).searchList()).containsExactly("foo.com");
        assertThat(SearchDomains.invalid(names)).hasSize(5).doesNotContain("Foo.COM.");
        assertThat(ask(1500, List.of(), CustomOptions.NONE).option(119)).isNull();
    }

    @Test
    void ipv6HasWholeNamesUncompressedAsFarAsAPacketReaches() {
        List<String> names = unlike(32, 60);
        byte[] plain = SearchDomains.plain(names);
        assertThat(plain).hasSize(16 * 62);
        assertThat(SearchDomains.beyondIpv6(names)).isEqualTo(names.subList(16, 32));
        assertThat(SearchDomains.beyondIpv6(NINE)).isEmpty();
    }

    /** Names of {@code length} with no suffix in common. */
    private static List<String> unlike(int count, int length) {
        return IntStream.range(0, count)
                .mapToObj(i -> (i + "-").repeat(32).substring(0, length - 4) + ".t" + (10 + i))
                .map(name -> name.replace("-.", "x."))
                .toList();
    }
}
