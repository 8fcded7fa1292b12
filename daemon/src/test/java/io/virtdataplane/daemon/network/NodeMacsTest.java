package io.virtdataplane.daemon.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.mac.MacConflictException;
import io.virtdataplane.daemon.mac.MacHolder;
import io.virtdataplane.daemon.mac.MacPool;
import io.virtdataplane.daemon.mac.MacRange;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The addresses of a node's NICs as they come, go and come back. */
class NodeMacsTest {
    private static final MacHolder A = new MacHolder("a", "net1");
    private static final MacHolder B = new MacHolder("ns/b", "net1");
    private static final long MAC = 0x5254_0000_0001L;
    @TempDir private Path state;
    private EventJournal journal;

    @BeforeEach
    void open() {
        journal = new EventJournal(state, 1 << 20);
    }

    @AfterEach
    void close() {
        journal.close();
    }

    private NodeMacs macs(boolean refuses) {
        return new NodeMacs(new MacPool(MacRange.ofSite("node1"), new Random(1)), refuses, journal);
    }

    @Test
    void nicThatComesBackHasTheAddressThatItWasGiven() {
        NodeMacs first = macs(true);
        long given = first.take(A, 0, 0);
        NodeMacs restarted = macs(true);
        restarted.take(B, 0, given + 7);
        assertThat(restarted.take(A, 0, given)).isEqualTo(given);
        assertThat(restarted.entries())
                .contains(new NodeMacs.Entry(given, A, true))
                .contains(new NodeMacs.Entry(given + 7, B, true));
    }

    @Test
    void addressThatSomebodyAskedForMeanwhileIsNotGivenBack() {
        NodeMacs macs = macs(true);
        macs.take(B, MAC, 0);
        assertThat(macs.take(A, 0, MAC)).isNotEqualTo(MAC);
    }

    @Test
    void conflictIsRefusedWithTheHoldersName() {
        NodeMacs macs = macs(true);
        macs.take(B, MAC, 0);
        assertThatThrownBy(() -> macs.take(A, MAC, 0))
                .isInstanceOf(MacConflictException.class)
                .hasMessageContaining("holder=ns/b/net1");
        macs.release(B);
        assertThat(macs.take(A, MAC, 0)).isEqualTo(MAC);
    }

    @Test
    void conflictThatIsOnlyToldLeavesTheFirstItsAddress() {
        NodeMacs macs = macs(false);
        macs.take(B, MAC, 0);
        assertThat(macs.take(A, MAC, 0)).isEqualTo(MAC);
        assertThat(macs.entries()).hasSize(2);
        macs.release(A);
        assertThat(macs.entries()).containsExactly(new NodeMacs.Entry(MAC, B, false));
    }
}
