package io.virtdataplane.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.journal.EventQuery;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An agent that answers is heard; one that does not, however it does not, costs an event. */
@Timeout(60)
class GuestAgentTest {
    private static final GuestAgent.Times FAST =
            new GuestAgent.Times(
                    Duration.ofMillis(20),
                    Duration.ofMillis(40),
                    Duration.ofMillis(500),
                    Duration.ofSeconds(60));
    private static final String ETH0 =
            "[{\"name\":\"eth0\",\"hardware-address\":\"52:54:00:00:00:01\",\"ip-addresses\":[{\"ip-address\":\"%s\",\"ip-address-type\":\"ipv4\",\"prefix\":24}]}]";

    /** What the other end does with a line that asks. */
    private interface Manners {
        void answer(String line, OutputStream to) throws IOException;
    }

    @TempDir private Path directory;
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile Manners manners = GuestAgentTest::well;
    private static volatile String address = "10.0.2.2";
    private ServerSocketChannel server;
    private EventJournal journal;
    private GuestAgents agents;
    private Thread reader;

    @BeforeEach
    void start() {
        address = "10.0.2.2";
        journal = new EventJournal(directory, 1 << 20);
        agents = new GuestAgents(journal, FAST);
        reader =
                Thread.startVirtualThread(
                        () -> {
                            try {
                                journal.read(
                                        new EventQuery(true, EventQuery.ALL, 0, 0),
                                        event -> {
                                            events.add(event.getMessage());
                                            return true;
                                        });
                            } catch (InterruptedException e) {
                                // The test ends.
                            }
                        });
    }

    @AfterEach
    void close() throws Exception {
        agents.close();
        if (server != null) {
            server.close();
        }
        reader.interrupt();
        reader.join();
        journal.close();
    }

    private Path socket() {
        return directory.resolve("agent.sock");
    }

    private void serve() throws IOException {
        Files.deleteIfExists(socket());
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket()));
        ServerSocketChannel on = server;
        Thread.startVirtualThread(
                () -> {
                    try {
                        while (true) {
                            SocketChannel client = on.accept();
                            connections.incrementAndGet();
                            Thread.startVirtualThread(() -> talk(client));
                        }
                    } catch (IOException e) {
                        // The test ends.
                    }
                });
    }

    private void talk(SocketChannel client) {
        try (client) {
            BufferedReader in =
                    new BufferedReader(
                            new InputStreamReader(
                                    Channels.newInputStream(client), StandardCharsets.ISO_8859_1));
            OutputStream out = Channels.newOutputStream(client);
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                manners.answer(line, out);
            }
        } catch (IOException e) {
            // It has had enough of us.
        }
    }

    /** As qemu-ga does. */
    private static void well(String line, OutputStream to) throws IOException {
        if (line.contains("guest-sync-delimited")) {
            assertThat(line).startsWith("\u00ff{");
            to.write(0xff);
            say(to, "{\"return\":" + line.replaceAll(".*\"id\":(\\d+).*", "$1") + "}\n");
        } else if (line.equals("{\"execute\":\"guest-network-get-interfaces\"}")) {
            say(to, "{\"return\":" + ETH0.formatted(address) + "}\n");
        } else {
            say(to, "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"?\"}}\n");
        }
    }

    private static void say(OutputStream to, String text) throws IOException {
        to.write(text.getBytes(StandardCharsets.ISO_8859_1));
        to.flush();
    }

    private void follow() {
        agents.follow("vm/default", socket().toString());
    }

    private void awaitEvent(String part) throws InterruptedException {
        for (int i = 0; i < 2000; i++) {
            if (events.stream().anyMatch(event -> event.contains(part))) {
                return;
            }
            Thread.sleep(5);
        }
        throw new AssertionError("no event has '" + part + "': " + events);
    }

    private String said() {
        return agents.report("vm").interfaces().stream()
                .flatMap(one -> one.addresses().stream())
                .map(KnownAddress::address)
                .toList()
                .toString();
    }

    private void awaitSaid(String addresses) throws InterruptedException {
        for (int i = 0; i < 2000 && !said().equals(addresses); i++) {
            Thread.sleep(5);
        }
        assertThat(said()).isEqualTo(addresses);
    }

    /** However it misbehaves: one event of that reason, we try again, and it may get well. */
    private void assertCostsAnEvent(Manners bad, String reason) throws Exception {
        manners = bad;
        serve();
        follow();
        awaitEvent(reason);
        int before = connections.get();
        for (int i = 0; i < 2000 && connections.get() < before + 2; i++) {
            Thread.sleep(5);
        }
        assertThat(connections.get()).as("it is asked again").isGreaterThan(before + 1);
        assertThat(events.stream().filter(event -> event.contains(reason))).hasSize(1);
        assertThat(agents.report("vm")).isEqualTo(AgentReport.NONE);
        assertThat(agents.health("vm").orElseThrow().reason()).contains(reason);
        manners = GuestAgentTest::well;
        awaitSaid("[10.0.2.2]");
        awaitEvent("answers at ");
    }

    @Test
    void agentIsAskedAgainAndAgain() throws Exception {
        serve();
        follow();
        awaitSaid("[10.0.2.2]");
        assertThat(agents.health("vm").orElseThrow().reason()).isEmpty();
        address = "10.0.2.3";
        awaitSaid("[10.0.2.3]");
        assertThat(connections).as("on one connection").hasValue(1);
        awaitEvent("answers at ");
        assertThat(events).containsExactly("answers at " + socket());
    }

    @Test
    void agentMayComeLaterAndGoAndComeBack() throws Exception {
        follow();
        awaitEvent("there is no such socket");
        serve();
        awaitSaid("[10.0.2.2]");
        server.close();
        Files.delete(socket());
        manners =
                (line, to) -> {
                    throw new IOException("it goes");
                };
        awaitEvent("does not answer at " + socket() + ": there is no such socket");
        assertThat(said()).as("is believed for a while").isEqualTo("[10.0.2.2]");
        manners = GuestAgentTest::well;
        address = "10.0.2.4";
        serve();
        awaitSaid("[10.0.2.4]");
    }

    @Test
    void answersToSomebodyBeforeUsAreSkipped() throws Exception {
        manners =
                (line, to) -> {
                    if (line.contains("guest-sync-delimited")) {
                        say(to, "{\"return\": [{\"name\":\"stale\"}]}\n\u00ff{\"return\":1}\n{}\n");
                    }
                    well(line, to);
                };
        serve();
        follow();
        awaitSaid("[10.0.2.2]");
        assertThat(agents.report("vm").interfaces())
                .extracting(AgentInterface::name)
                .containsExactly("eth0");
    }

    @Test
    void silenceCostsAnEvent() throws Exception {
        assertCostsAnEvent((line, to) -> {}, "no answer in 500 ms");
    }

    @Test
    void aWordNowAndThenCostsAnEvent() throws Exception {
        assertCostsAnEvent(
                (line, to) -> {
                    to.write(0xff);
                    for (int i = 0; i < 200; i++) {
                        say(to, " ");
                        letTimePass();
                    }
                },
                "no answer in 500 ms");
    }

    @Test
    void endlessAnswerCostsAnEvent() throws Exception {
        String much = "{\"return\":[" + "1,".repeat(10_000);
        assertCostsAnEvent(
                (line, to) -> {
                    if (line.contains("sync")) {
                        well(line, to);
                        return;
                    }
                    while (true) {
                        say(to, much);
                    }
                },
                "longer than 262144 bytes");
    }

    @Test
    void nameOfAMegabyteCostsAnEvent() throws Exception {
        String name = "n".repeat(1 << 20);
        assertCostsAnEvent(
                (line, to) -> {
                    if (line.contains("sync")) {
                        well(line, to);
                        return;
                    }
                    say(to, "{\"return\":[{\"name\":\"" + name + "\"}]}\n");
                },
                "longer than 262144 bytes");
    }

    @Test
    void garbageCostsAnEvent() throws Exception {
        assertCostsAnEvent(
                (line, to) -> {
                    if (line.contains("sync")) {
                        well(line, to);
                        return;
                    }
                    say(to, "\u0000\u0001{{{]]\"\\\n");
                },
                "no JSON of a usual size");
    }

    @Test
    void garbageInPlaceOfASynchronisationCostsAnEvent() throws Exception {
        assertCostsAnEvent(
                (line, to) -> {
                    while (true) {
                        say(to, "\u00ff\n{}\nx".repeat(1000));
                    }
                },
                "longer than 262144 bytes");
    }

    @Test
    void socketWhoseQueueIsFullHoldsNobodyUp() throws Exception {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket()), 1); // and nobody accepts
        for (int i = 0; i < 2; i++) {
            SocketChannel waiting = SocketChannel.open(StandardProtocolFamily.UNIX);
            waiting.connect(UnixDomainSocketAddress.of(socket()));
        }
        follow();
        awaitEvent("does not answer at ");
        server.close();
        serve();
        awaitSaid("[10.0.2.2]");
    }

    @Test
    void refusalCostsAnEventWithItsReason() throws Exception {
        assertCostsAnEvent(
                (line, to) -> well(line.contains("sync") ? line : "{\"execute\":\"no-such\"}", to),
                "guest-network-get-interfaces is refused: CommandNotFound");
    }

    @Test
    void oneMachineHasOneAgentAndAnAgentOneMachine() throws Exception {
        serve();
        follow();
        agents.follow("vm/net1", socket().toString());
        String other = directory.resolve("other.sock").toString();
        assertThatThrownBy(() -> agents.follow("vm/net2", other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("guest_agent must be one for each machine")
                .hasMessageContaining("other_nic=vm/default");
        assertThatThrownBy(() -> agents.follow("vm2/default", socket().toString()))
                .isInstanceOf(IllegalArgumentException.class);
        agents.leave("vm/default");
        awaitSaid("[10.0.2.2]");
        agents.leave("vm/net1");
        assertThat(agents.health("vm")).isEmpty();
        assertThat(said()).isEqualTo("[]");
        agents.follow("vm2/default", socket().toString());
    }

    @Test
    void aPathThatNoSocketCanHaveIsRefused() {
        for (String path : List.of("agent.sock", "/" + "x".repeat(107))) {
            assertThatThrownBy(() -> agents.follow("vm/default", path))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("guest_agent must be an absolute path");
        }
        agents.follow("vm/default", "");
        assertThat(agents.health("vm")).isEmpty();
    }

    private static void letTimePass() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
