package io.virtdataplane.sys;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Descriptors themselves: SurvivalE2eTest, as systemd hands them over. */
class DescriptorStoreTest {
    private static final long PID = 77;

    @Test
    void whatWasHandedToAnotherProcessIsNotTaken() {
        Map<String, String> environment =
                Map.of("LISTEN_PID", "76", "LISTEN_FDS", "2", "LISTEN_FDNAMES", "ga:gb");
        DescriptorStore store = DescriptorStore.of(environment, PID, new NotifySocket(""));
        assertThat(store.takeAll()).isEmpty();
    }

    @Test
    void nothingIsKeptWhereNobodyListens() {
        assertThat(DescriptorStore.none().isOn()).isFalse();
        NotifySocket gone = new NotifySocket("/nobody/is/there");
        assertThat(DescriptorStore.of(Map.of(), PID, gone).isOn()).isFalse();
    }

    @Test
    void systemdsWordIsTaken() {
        NotifySocket systemd = new NotifySocket("/nobody/is/there");
        assertThat(DescriptorStore.of(Map.of("FDSTORE", "8192"), PID, systemd).isOn()).isTrue();
        assertThat(DescriptorStore.of(Map.of("FDSTORE", "0"), PID, systemd).isOn()).isFalse();
    }
}
