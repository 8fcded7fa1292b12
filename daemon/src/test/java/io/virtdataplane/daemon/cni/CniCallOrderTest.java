package io.virtdataplane.daemon.cni;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A DEL does not overtake what came before it for its container, and waits for nothing else. */
@Timeout(20)
class CniCallOrderTest {
    private final CniCallOrder order = new CniCallOrder();

    private static CniCall call(String command, String id) {
        return new CniCall(Map.of("CNI_COMMAND", command, "CNI_CONTAINERID", id), "");
    }

    private static CompletableFuture<Void> taken(CniCallOrder.Place place, CniCall call) {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                place.take(call);
                                taken.complete(null);
                            } catch (InterruptedException e) {
                                taken.completeExceptionally(new CompletionException(e));
                            }
                        });
        return taken;
    }

    @Test
    void delWaitsForAnAddThatCameBeforeAndIsReadLater() throws Exception {
        CniCallOrder.Place add = order.next();
        CniCallOrder.Place delete = order.next();
        CompletableFuture<Void> deleting = taken(delete, call("DEL", "c1"));
        taken(add, call("ADD", "c1")).get(5, TimeUnit.SECONDS);
        CniCallOrder.Place other = order.next();
        taken(other, call("DEL", "c2")).get(5, TimeUnit.SECONDS);
        assertThat(deleting).as("its ADD has not ended").isNotDone();
        add.close();
        deleting.get(5, TimeUnit.SECONDS);
    }

    @Test
    void addWaitsForNobodyAndACallerThatGoesAwayHoldsNobodyUp() throws Exception {
        CniCallOrder.Place silent = order.next();
        CniCallOrder.Place add = order.next();
        taken(add, call("ADD", "c1")).get(5, TimeUnit.SECONDS);
        add.close();
        CompletableFuture<Void> deleting = taken(order.next(), call("DEL", "c1"));
        silent.close();
        deleting.get(4, TimeUnit.SECONDS);
    }
}
