package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.DataplaneGrpc;
import io.virtdataplane.api.UnixChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node with a hundred guests: how long the daemon takes to stop, and to be ready with all of
 * them. Half of them have devices of their own, as many have taps of the daemon's; {@code VDP_MANY}
 * says how many.
 */
@RootTest
@Timeout(180)
class ManyNicsE2eTest {
    private static final int EACH =
            Integer.parseInt(System.getenv().getOrDefault("VDP_MANY", "50"));
    private static final int ALL = 2 * EACH;
    private static final int MOST_BYTES = 1 << 22;

    /** Asked for are two seconds on a machine that does nothing else; here a QEMU guest may run. */
    private static final long MOST_MILLISECONDS = 10_000;

    private static final String PODS =
            """
            for i in $(seq %1$d); do ip netns add p$i; done
            for i in $(seq %1$d); do
              address=10.$((100 + i / 200)).$((i %% 200))
              echo "link add e$i type veth peer name eth0 netns p$i"
              echo "addr add $address.1/24 dev e$i"
              echo "link set e$i up"
              [ $i -gt %2$d ] || echo "link add g$i type veth peer name tap0 netns p$i"
            done | ip -batch -
            for i in $(seq %1$d); do
              address=10.$((100 + i / 200)).$((i %% 200))
              printf '%%s\\n' "link set lo up" "link set eth0 up" "addr add $address.5/24 dev eth0" "route add default via $address.1" |
                ip -n p$i -batch -
            done
            """
                    .formatted(ALL, EACH);

    @TempDir Path directory;
    private Shell shell;
    private BootedSystem booted;

    @BeforeEach
    void boot() throws IOException {
        BootedSystem.assume();
        shell = new Shell(directory);
        Path layer = Files.createDirectory(directory.resolve("layer"));
        shell.sh("cp %1$s %2$s/one.deb".formatted(DebianPackage.built(shell), layer));
        booted = BootedSystem.boot(shell, layer);
        booted.inside("dpkg --force-depends -i /one.deb");
        booted.inside(PODS);
        booted.awaitActive();
    }

    @AfterEach
    void close() {
        if (shell != null) {
            shell.close();
        }
    }

    private void attachAll() {
        try (UnixChannel channel =
                new UnixChannel(
                        booted.file("/run/virt-dataplane/virt-dataplane.sock"), MOST_BYTES)) {
            DataplaneGrpc.DataplaneBlockingStub daemon =
                    DataplaneGrpc.newBlockingStub(channel.channel());
            IntStream.rangeClosed(1, ALL)
                    .parallel()
                    .forEach(
                            i -> {
                                var unused =
                                        daemon.attach(
                                                AttachRequest.newBuilder()
                                                        .setManifest(Lab.CHAPTER)
                                                        .setName("vm" + i)
                                                        .setNetns("p" + i)
                                                        .setGuest(
                                                                i <= EACH ? "dev:tap0" : "tap:tap0")
                                                        .build());
                            });
        }
    }

    private int attached() {
        return Wait.count(booted.inside("virt-dataplane get nics"), "vm");
    }

    private static long milliseconds(Runnable work) {
        long beginNs = System.nanoTime();
        work.run();
        return (System.nanoTime() - beginNs) / 1_000_000;
    }

    private void awaitAll() {
        Wait.until("all NICs", 20, this::attached, count -> count == ALL);
    }

    @Test
    void allNicsAreThereSoonAfterTheStart() {
        attachAll();
        awaitAll();
        long stop = milliseconds(() -> booted.inside("systemctl stop virt-dataplane"));
        long start = milliseconds(() -> booted.inside("systemctl start virt-dataplane"));
        awaitAll();
        long restart = milliseconds(() -> booted.inside("systemctl restart virt-dataplane"));
        awaitAll();
        long kill = milliseconds(booted::kill);
        awaitAll();
        System.out.printf(
                "%d NICs: stop %d ms, start to ready %d ms, restart %d ms, kill -9 to ready %d ms%n",
                ALL, stop, start, restart, kill);
        assertThat(stop).as("stop").isLessThan(MOST_MILLISECONDS);
        assertThat(start).as("start").isLessThan(MOST_MILLISECONDS);
        assertThat(restart).as("restart").isLessThan(MOST_MILLISECONDS);
        assertThat(kill).as("kill -9").isLessThan(MOST_MILLISECONDS);
    }
}
