package io.virtdataplane.daemon.nic;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BootServerTest {
    private static final BootServer.Intervals SHORT =
            new BootServer.Intervals(Duration.ofMillis(1), Duration.ofMillis(1));

    /** What each look finds; a text is why it finds nothing. */
    private final SynchronousQueue<Object> looks = new SynchronousQueue<>();

    private final BlockingQueue<Object> said = new LinkedBlockingQueue<>();
    private final BootServer server =
            new BootServer(this::look, said::add, said::add, SHORT).start();

    private int look() {
        Object found;
        try {
            found = looks.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        if (found instanceof String reason) {
            throw new NameLookup.NotFoundException(reason);
        }
        return (Integer) found;
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void onlyNamesAreLookedUp() {
        assertThat(BootServer.isName("tftp.boot.test")).isTrue();
        assertThat(BootServer.isName("tftp")).isTrue();
        for (String text : new String[] {"", "203.0.113.9", "fd00::9", "a b"}) {
            assertThat(BootServer.isName(text)).as(text).isFalse();
        }
    }

    @Test
    void tellsWhatIsNewUntilItIsClosed() throws InterruptedException {
        for (Object one : new Object[] {"late", "late", 1, 1, "down", 1, "down", 2}) {
            looks.put(one);
        }
        for (Object one : new Object[] {"late", 1, "down", "down", 2}) {
            assertThat(said.poll(10, TimeUnit.SECONDS)).isEqualTo(one);
        }
        server.close();
        assertThat(looks.offer(3, 200, TimeUnit.MILLISECONDS)).as("nobody looks").isFalse();
        assertThat(said).isEmpty();
    }
}
