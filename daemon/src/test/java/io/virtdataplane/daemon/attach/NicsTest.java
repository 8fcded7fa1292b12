package io.virtdataplane.daemon.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.daemon.rpc.AlreadyExistsException;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.state.ObjectStore;
import io.virtdataplane.dataplane.VifState;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NicsTest extends NicsFixture {
    private static AttachRequest withAgent(String socket) {
        return REQUEST.toBuilder().setGuestAgent(socket).build();
    }

    @Test
    void guestAgentIsAskedForAsLongAsTheNicIsAttachedAlsoAfterARestart() {
        nics.attach(withAgent("/run/agent.sock"));
        assertThat(agents.health("vm")).isPresent();
        nics.close();
        assertThat(agents.health("vm")).isEmpty();
        restart();
        assertThat(agents.health("vm").orElseThrow().socket()).hasToString("/run/agent.sock");
        nics.detach("vm");
        assertThat(agents.health("vm")).isEmpty();
    }

    @Test
    void attachWithAWrongGuestAgentOpensNothing() {
        assertThatThrownBy(() -> nics.attach(withAgent("agent.sock")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("guest_agent=agent.sock");
        assertThat(done).isEmpty();
        assertThat(attachments.isTaken("vm/default")).isFalse();
    }

    @Test
    void failedAttachLeavesNoAgentBehind() {
        onOpen =
                () -> {
                    throw new IllegalStateException("no device");
                };
        assertThatThrownBy(() -> nics.attach(withAgent("/run/agent.sock"))).hasMessage("no device");
        assertThat(agents.health("vm")).isEmpty();
    }

    @Test
    void nicComesBackAfterARestartAndNotAfterADetach() throws IOException {
        nics.attach(REQUEST);
        restart();
        assertThat(attachments.nic("vm").name()).isEqualTo("vm/default");
        nics.detach("vm");
        assertThat(files()).isEmpty();
        restart();
        assertThat(attachments.nics()).isEmpty();
        assertThat(done).containsExactly("opened", "opened", "closed");
    }

    @Test
    void nameIsHeldUntilTheOneThatGoesHasGone() throws Exception {
        nics.attach(REQUEST);
        CountDownLatch closing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        onClose =
                () -> {
                    closing.countDown();
                    await(goOn);
                };
        CompletableFuture<Void> detached = CompletableFuture.runAsync(() -> nics.detach("vm"));
        closing.await();
        assertThatThrownBy(() -> nics.attach(REQUEST)).isInstanceOf(AlreadyExistsException.class);
        assertThatThrownBy(() -> nics.detach("vm/default"))
                .as("there is one that goes already")
                .isInstanceOf(NotFoundException.class);
        goOn.countDown();
        detached.get();
        assertThat(files()).isEmpty();
        nics.attach(REQUEST);
        assertThat(files()).containsExactly(".attach");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void nicThatCannotBeKeptIsNotAttached() throws IOException {
        Files.delete(state.resolve("attachments"));
        assertThatThrownBy(() -> nics.attach(REQUEST)).hasMessageContaining("attachments");
        assertThat(attachments.nics()).isEmpty();
        assertThat(done).containsExactly("opened", "closed");
        Files.createDirectories(state.resolve("attachments"));
        nics.attach(REQUEST);
        assertThat(attachments.nics()).hasSize(1);
    }

    /** Asked to go, it goes with the daemon at the latest. */
    @Test
    void nicWhoseThreadDoesNotLetGoStaysListedAndDoesNotComeBack() throws IOException {
        nics.attach(REQUEST);
        onClose =
                () -> {
                    throw new IllegalStateException("worker does not answer");
                };
        assertThatThrownBy(() -> nics.detach("vm")).hasMessage("worker does not answer");
        assertThat(attachments.nics()).hasSize(1);
        assertThat(files()).isEmpty();
        restart();
        assertThat(attachments.nics()).isEmpty();
    }

    @Test
    void nicThatCouldNotBeAttachedAgainCanBeDetached() throws IOException {
        nics.attach(REQUEST);
        onOpen =
                () -> {
                    throw new IllegalArgumentException("uplink must exist: uplink=eth0");
                };
        restart();
        assertThat(attachments.nics()).isEmpty();
        assertThat(files()).as("the next start may have more luck").containsExactly(".attach");
        nics.detach("vm");
        assertThat(files()).isEmpty();
        assertThatThrownBy(() -> nics.detach("vm/default"))
                .hasMessage("no such NIC: name=vm/default");
    }

    @Test
    void nicThatCouldNotBeAttachedIsTriedAgainUntilItIs() throws IOException {
        nics.attach(REQUEST);
        nics.close();
        onOpen =
                () -> {
                    throw new IllegalArgumentException("no such bridge: name=br1");
                };
        restart();
        nics.tend();
        assertThat(nics.warnings())
                .containsExactly(
                        "NIC vm/default is not attached, tried again: no such bridge: name=br1");
        onOpen = () -> {};
        nics.tend();
        assertThat(attachments.nics()).hasSize(1);
        assertThat(nics.warnings()).isEmpty();
        nics.detach("vm");
        nics.tend();
        assertThat(attachments.nics()).isEmpty();
    }

    @Test
    void nicWhoseDeviceWasMadeAnewIsOpenedAnewAsItIsKept() throws IOException {
        nics.attach(REQUEST);
        change = "the uplink has gone";
        onOpen =
                () -> {
                    throw new IllegalArgumentException("uplink must exist: uplink=eth0");
                };
        nics.tend();
        nics.tend();
        assertThat(attachments.nics()).isEmpty();
        assertThat(nics.warnings()).first().asString().endsWith("uplink must exist: uplink=eth0");
        change = "";
        onOpen = () -> {};
        nics.tend();
        nics.tend();
        assertThat(attachments.nics()).hasSize(1);
        assertThat(done).containsExactly("opened", "closed", "opened");
        assertThat(files()).containsExactly(".attach");
    }

    @Test
    void drainedNicIsNotOpenedAnewAsItsSessionsMayBeAskedFor() {
        nics.attach(REQUEST);
        vifState = VifState.DRAINED;
        change = "the guest's device has gone";
        nics.tend();
        assertThat(done).containsExactly("opened");
        vifState = VifState.ACTIVE;
        nics.tend();
        assertThat(done).startsWith("opened", "closed");
    }

    @Test
    void whereTheGuestIsIsKept() {
        nics.attach(REQUEST.toBuilder().setIncoming(true).setDrained(true).build());
        assertThat(KeptState.of(kept())).as("no client drains so").isEqualTo(VifState.INCOMING);
        nics.keepState("vm/default", VifState.DRAINED);
        assertThat(KeptState.of(kept())).isEqualTo(VifState.DRAINED);
        nics.keep("vm/default", REQUEST.toBuilder().setIncoming(true).build());
        assertThat(KeptState.of(kept())).as("by other settings").isEqualTo(VifState.DRAINED);
        nics.keepState("vm/default", VifState.ACTIVE);
        assertThat(KeptState.of(kept())).isEqualTo(VifState.ACTIVE);
    }

    private AttachRequest kept() {
        return ObjectStore.byDigest(state.resolve("attachments"), ".attach", new RequestFormat())
                .find("vm/default")
                .orElseThrow();
    }
}
