package io.virtdataplane.daemon.mac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.wire.AddressText;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The cases of KubeMacPool's suite, by its numbers where it has them, without a cluster. */
class MacPoolTest {
    private static final MacRange FOUR =
            MacRange.of("02:00:00:00:00:01", "02:00:00:00:00:04", "site");
    private static final long IN_RANGE = AddressText.mac("02:00:00:00:00:02");
    private static final long OUT_OF_RANGE = AddressText.mac("52:54:00:00:00:01");
    private final MacPool pool = new MacPool(FOUR, new Random(1));

    private static SequencedMap<String, Long> nics(Object... namesAndMacs) {
        SequencedMap<String, Long> nics = new LinkedHashMap<>();
        for (int i = 0; i < namesAndMacs.length; i += 2) {
            nics.put((String) namesAndMacs[i], ((Number) namesAndMacs[i + 1]).longValue());
        }
        return nics;
    }

    private long one(String machine) {
        return pool.assign(machine, nics("net1", 0)).get("net1");
    }

    @Test
    void secondMachineWithTheSameMacIsRefusedAndTheHolderNamed() { // 2166, 2167
        for (long mac : List.of(IN_RANGE, OUT_OF_RANGE)) {
            pool.assign("default/a", nics("net1", mac));
            assertThatThrownBy(() -> pool.assign("default/b", nics("net1", mac)))
                    .isInstanceOf(MacConflictException.class)
                    .hasMessageContaining("failed to allocate requested mac address")
                    .hasMessageContaining("holder=default/a/net1")
                    .hasMessageContaining("macAddress=" + AddressText.mac(mac));
            assertThat(pool.entries()).hasSize(1);
        }
    }

    @Test
    void twoNicsOfOneMachineWithOneMacAreRefused() { // 2199, 2200
        for (long mac : List.of(IN_RANGE, OUT_OF_RANGE)) {
            assertThatThrownBy(() -> pool.assign("default/a", nics("net1", mac, "net2", mac)))
                    .hasMessageContaining(
                            "duplicate MAC address "
                                    + AddressText.mac(mac)
                                    + " found on interfaces: net1 and net2");
            assertThat(pool.entries()).isEmpty();
        }
    }

    @Test
    void macOfDeletedMachineCanBeAskedForAtOnce() { // 2164, 2165
        pool.assign("default/a", nics("net1", IN_RANGE));
        pool.release("default/a");
        assertThat(pool.assign("default/b", nics("net1", IN_RANGE))).containsValue(IN_RANGE);
    }

    @Test
    void fullPoolRefusesAndThenGivesOnlyTheFreedOne() {
        List<Long> macs = IntStream.range(0, 4).mapToObj(i -> one("default/vm" + i)).toList();
        assertThat(macs).doesNotHaveDuplicates();
        assertThatThrownBy(() -> one("default/late"))
                .isInstanceOf(MacRangeFullException.class)
                .hasMessageStartingWith("the range is full");
        pool.release("default/vm2");
        assertThat(one("default/late")).isEqualTo(macs.get(2));
    }

    @Test
    void freedMacIsNotGivenOutBeforeTheCursorWraps() {
        long first = one("default/a");
        pool.release("default/a");
        List<Long> others = IntStream.range(0, 3).mapToObj(i -> one("default/vm" + i)).toList();
        assertThat(others).doesNotContain(first);
        assertThat(one("default/last")).isEqualTo(first);
    }

    @Test
    void cursorStartsAnywhereAndGoesOnByOne() {
        MacRange range = MacRange.ofSite("node1");
        MacPool left = new MacPool(range, new Random(1));
        MacPool right = new MacPool(range, new Random(2));
        long first = left.assign("a", nics("n", 0)).get("n");
        assertThat(first).isNotEqualTo(right.assign("a", nics("n", 0)).get("n"));
        assertThat(left.assign("b", nics("n", 0)).get("n")).isEqualTo(first + 1);
    }

    @Test
    void explicitMacIsStillKnownWhenThePoolIsRebuilt() { // 2179
        pool.assign("default/a", nics("net1", IN_RANGE, "net2", OUT_OF_RANGE));
        MacPool rebuilt = new MacPool(FOUR, new Random(7));
        for (MacPool.Entry entry : pool.entries()) {
            SequencedMap<String, Long> all = new LinkedHashMap<>();
            pool.entries().stream()
                    .filter(each -> each.holder().machine().equals(entry.holder().machine()))
                    .forEach(each -> all.put(each.holder().nic(), each.mac()));
            rebuilt.assign(entry.holder().machine(), all);
        }
        assertThatThrownBy(() -> rebuilt.assign("default/b", nics("net1", OUT_OF_RANGE)))
                .hasMessageContaining("holder=default/a/net2");
    }

    @Test
    void applyingTheSameAgainKeepsTheMacs() { // 2243
        SequencedMap<String, Long> given = pool.assign("default/a", nics("net1", 0, "net2", 0));
        assertThat(pool.assign("default/a", nics("net1", 0, "net2", 0))).isEqualTo(given);
        assertThat(pool.entries()).hasSize(2);
    }

    @Test
    void refusedMachineLeavesNothingBehind() { // 2633
        pool.assign("default/a", nics("net1", IN_RANGE));
        assertThatThrownBy(() -> pool.assign("default/b", nics("x", 0, "net1", IN_RANGE)));
        assertThat(pool.entries()).hasSize(1);
        assertThat(pool.assign("default/b", nics("x", 0, "y", 0, "z", 0))).hasSize(3);
    }

    @Test
    void refusedChangeLeavesWhatTheMachineHad() {
        pool.assign("default/a", nics("net1", IN_RANGE));
        pool.assign("default/b", nics("net1", OUT_OF_RANGE));
        assertThatThrownBy(() -> pool.assign("default/a", nics("net1", OUT_OF_RANGE)));
        assertThat(pool.holder(IN_RANGE)).contains(new MacHolder("default/a", "net1"));
    }

    @Test
    void removedNicsMacIsForOthers() { // 2995
        pool.assign("default/a", nics("net1", 0, "net2", IN_RANGE));
        pool.assign("default/a", nics("net1", 0));
        assertThat(pool.assign("default/b", nics("net1", IN_RANGE))).containsValue(IN_RANGE);
    }

    @Test
    void nicsOfOneMachineMayExchangeTheirMacs() {
        pool.assign("default/a", nics("net1", IN_RANGE, "net2", OUT_OF_RANGE));
        pool.assign("default/a", nics("net1", OUT_OF_RANGE, "net2", IN_RANGE));
        assertThat(pool.holder(IN_RANGE)).contains(new MacHolder("default/a", "net2"));
        assertThat(pool.entries()).hasSize(2);
    }

    @Test
    void explicitMacIsNotGivenToTheNeighbourNicThatAsksForAny() {
        for (int i = 0; i < 4; i++) {
            pool.assign("default/a", nics("any", 0, "own", FOUR.first() + i));
            assertThat(pool.entries()).extracting(MacPool.Entry::mac).doesNotHaveDuplicates();
            pool.release("default/a");
        }
    }

    @Test
    void gatewaysMacIsNeverGiven() {
        MacPool two =
                new MacPool(
                        MacRange.of("02:00:00:00:00:00", "02-00-00-00-00-01", "site"),
                        new Random(3));
        assertThat(two.assign("a", nics("n", 0))).containsEntry("n", 0x0200_0000_0001L);
        assertThatThrownBy(() -> two.assign("b", nics("n", 0)))
                .isInstanceOf(MacRangeFullException.class);
    }

    @Test
    void rangeIsChecked() {
        assertThat(MacRange.of("02-AA-bb-00-00-00", "02:aa:bb:ff:ff:ff", "").size())
                .isEqualTo(1 << 24);
        assertThatThrownBy(() -> MacRange.of("02:00:00:00:00:00", "", ""))
                .hasMessageContaining("both or not at all");
        assertThatThrownBy(() -> MacRange.of("03:00:00:00:00:00", "03:00:00:00:00:01", ""))
                .hasMessageContaining("unicast");
        assertThatThrownBy(() -> MacRange.of("02:00:00:00:00:02", "02:00:00:00:00:01", ""))
                .hasMessageContaining("not be below");
        assertThatThrownBy(() -> MacRange.of("02:00:00:00:00:00", "04:00:00:00:00:00", ""))
                .hasMessageContaining("same byte");
        assertThatThrownBy(() -> MacRange.of("2:0", "02:00:00:00:00:01", ""))
                .hasMessageContaining("macPool.start must be six bytes");
    }

    @Test
    void rangeOfSiteIsLocalAndStays() {
        MacRange range = MacRange.ofSite("9f1c");
        assertThat(range).isEqualTo(MacRange.ofSite("9f1c")).isNotEqualTo(MacRange.ofSite("9f1d"));
        assertThat(range.toString()).matches("02:..:..:00:00:00-02:..:..:ff:ff:ff");
        assertThat(range.toString().substring(0, 8)).isEqualTo(range.toString().substring(18, 26));
    }
}
