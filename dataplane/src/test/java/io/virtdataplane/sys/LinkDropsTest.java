package io.virtdataplane.sys;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LinkDropsTest {
    @Test
    void deviceIsFoundAndCountsFromHereOn() {
        try (LinkDrops drops = new LinkDrops("lo")) {
            assertThat(drops.count()).isNotNegative();
            assertThat(drops.count()).isLessThan(1000);
        }
    }

    @Test
    void deviceThatIsNotThereHasNone() {
        try (LinkDrops drops = new LinkDrops("none-such")) {
            assertThat(drops.count()).isZero();
        }
    }

    @Test
    void devicesOfANamespaceShareOneReading() {
        DeviceCounters one = DeviceCounters.here();
        DeviceCounters other = DeviceCounters.here();
        assertThat(other).isSameAs(one);
        other.close();
        assertThat(one.dropped("none-such", 7)).as("open for the first").isEqualTo(7);
        assertThat(one.dropped("lo", 7)).isZero();
        one.close();
        DeviceCounters again = DeviceCounters.here();
        assertThat(again).isNotSameAs(one);
        again.close();
    }

    @Test
    void numberedDeviceHasItsNameAndNoneWhereItIsNotThere() {
        try (NetDevice.Numbered lo = new NetDevice("lo").numbered();
                NetDevice.Numbered none = new NetDevice("none-such").numbered()) {
            assertThat(lo.name()).isEqualTo("lo");
            assertThat(none.name()).isEmpty();
        }
    }
}
