package io.virtdataplane.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.api.GuestAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class KnownAddressesTest {
    private static final long NOW_MS = 1_000_000_000L;

    private static GuestAddress known(String address, int prefix, String source, long seenMs) {
        return GuestAddress.newBuilder()
                .setAddress(address)
                .setPrefixLength(prefix)
                .setSource(source)
                .setLastSeenUnixMs(seenMs)
                .build();
    }

    @Test
    void anAddressHasOneLineWithAllItsSources() {
        List<GuestAddress> addresses =
                List.of(
                        known("10.244.1.5", 24, "pod", NOW_MS),
                        known("10.0.2.2", 24, "lease", NOW_MS - 180_000),
                        known("10.0.2.2", 0, "observed", NOW_MS - 2000),
                        known("fe80::1", 0, "observed", NOW_MS + 50));
        assertThat(KnownAddresses.lines(addresses, NOW_MS))
                .containsExactly(
                        "10.244.1.5/24: pod",
                        "10.0.2.2/24: lease 3m ago, observed 2s ago",
                        "fe80::1: observed 0s ago");
    }

    @Test
    void aTimeThatIsNotKnownIsNotSaid() {
        assertThat(KnownAddresses.lines(List.of(known("192.0.2.5", 0, "lease", 0)), NOW_MS))
                .containsExactly("192.0.2.5: lease");
    }
}
