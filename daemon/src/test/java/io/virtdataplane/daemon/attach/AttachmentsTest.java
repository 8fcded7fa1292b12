package io.virtdataplane.daemon.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.AlreadyExistsException;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.dataplane.Vif;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttachmentsTest {
    @TempDir private Path directory;
    private EventJournal journal;
    private Attachments attachments;

    /** A NIC as the registry knows it: a name, a machine, and whether it is the first. */
    private record Named(String name, String machine, boolean isOnPodNetwork)
            implements AttachedNic {
        @Override
        public String namespace() {
            return "";
        }

        @Override
        public WorkerThread worker() {
            throw new AssertionError("nobody asks");
        }

        @Override
        public Vif vif() {
            throw new AssertionError("nobody asks");
        }

        @Override
        public String describe() {
            return "";
        }

        @Override
        public String announce() {
            return "";
        }

        @Override
        public void close() {}
    }

    @BeforeEach
    void start() {
        journal = new EventJournal(directory, 1 << 20);
        attachments = new Attachments(journal);
    }

    @AfterEach
    void stop() {
        journal.close();
    }

    @Test
    void nameAndNumberAreTakenBeforeAnythingIsOpened() {
        assertThat(attachments.take("vm/a")).isZero();
        assertThat(attachments.take("vm/b")).isEqualTo(1);
        assertThatThrownBy(() -> attachments.take("vm/a"))
                .isInstanceOf(AlreadyExistsException.class)
                .hasMessage("NIC is attached already: name=vm/a");
        attachments.give("vm/a");
        assertThat(attachments.take("vm/c")).as("the lowest that is free").isZero();
        assertThat(attachments.nics()).as("listed is what is whole").isEmpty();
    }

    @Test
    void machineStandsForItsNicOnThePodNetworkElseForItsOnlyOne() {
        Named bridged = new Named("vm/net1", "vm", false);
        attachments.add(bridged);
        assertThat(attachments.nic("vm")).isSameAs(bridged);
        Named first = new Named("vm/default", "vm", true);
        attachments.add(first);
        assertThat(attachments.nic("vm")).isSameAs(first);
        assertThat(attachments.nic("vm/net1")).isSameAs(bridged);
        assertThat(attachments.find("vm")).isSameAs(first);
        assertThat(attachments.nics()).containsExactly(first, bridged);
    }

    @Test
    void whatIsAmbiguousIsNotGuessed() {
        attachments.add(new Named("vm/net1", "vm", false));
        attachments.add(new Named("vm/net2", "vm", false));
        assertThatThrownBy(() -> attachments.nic("vm"))
                .isInstanceOf(NotFoundException.class)
                .hasMessage("no such NIC: name=vm; choose one of vm/net1, vm/net2");
        assertThatThrownBy(() -> attachments.find("other")).hasMessage("no such NIC: name=other");
    }

    @Test
    void ofTwoWhoRemoveOneOnlyDoes() {
        Named nic = new Named("vm/a", "vm", true);
        attachments.add(nic);
        assertThat(attachments.has(nic)).isTrue();
        assertThat(attachments.remove(nic)).isTrue();
        assertThat(attachments.remove(nic)).isFalse();
        assertThat(attachments.has(nic)).isFalse();
    }

    @Test
    void whoWaitsHearsOfEachChange() throws InterruptedException {
        long seen = attachments.awaitChange(-1, 0);
        attachments.add(new Named("vm/a", "vm", true));
        assertThat(attachments.awaitChange(seen, 60_000)).isNotEqualTo(seen);
    }
}
