package io.virtdataplane.daemon.guest;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Asks the agent of one guest for its interfaces, again and again: as KubeVirt does, at once, then
 * after 10 s, doubling to 120 s; anew from 10 s on when it answers again. A thread of its own, so
 * nobody waits for a guest.
 */
final class GuestAgent implements AutoCloseable {
    private static final String QUESTION = "guest-network-get-interfaces";

    /**
     * @param answer how long the agent may take for an answer
     * @param kept how long what it said is believed
     */
    record Times(Duration first, Duration longest, Duration answer, Duration kept) {
        static final Times DEFAULT =
                new Times(
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(120),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(300));
    }

    /**
     * @param reason why it does not answer; empty: it does
     */
    private record State(String reason, AgentReport said) {
        boolean answers() {
            return reason.isEmpty();
        }
    }

    private final Path socket;
    private final Times times;
    private final ScheduledExecutorService timer;
    private final Consumer<String> report;
    private final Thread thread;
    private AgentConnection connection; // this thread's; null: not open
    private volatile State state = new State("it was not asked yet", AgentReport.NONE);

    /**
     * @param timer closes connections of agents that take too long
     * @param report is told when the agent begins to answer, and each new reason why it does not
     */
    GuestAgent(Path socket, Times times, ScheduledExecutorService timer, Consumer<String> report) {
        this.socket = socket;
        this.times = times;
        this.timer = timer;
        this.report = report;
        this.thread = Thread.ofVirtual().name("guest-agent").unstarted(this::run);
    }

    GuestAgent start() {
        thread.start();
        return this;
    }

    Path socket() {
        return socket;
    }

    /** Why it does not answer now; empty: it does. */
    String reason() {
        return state.reason();
    }

    /** What it said last, until that is too long ago. */
    AgentReport said() {
        AgentReport last = state.said();
        boolean isFresh = System.currentTimeMillis() - last.saidMs() <= times.kept().toMillis();
        return isFresh ? last : AgentReport.NONE;
    }

    private void run() {
        Duration wait = times.first();
        try {
            while (!Thread.currentThread().isInterrupted()) {
                boolean answered = state.answers();
                look();
                if (!answered && state.answers()) {
                    wait = times.first();
                }
                Thread.sleep(wait);
                wait = wait.multipliedBy(2);
                wait = wait.compareTo(times.longest()) > 0 ? times.longest() : wait;
            }
        } catch (InterruptedException e) {
            // The NIC goes.
        } finally {
            disconnect();
        }
    }

    private void look() {
        try {
            State before = state;
            state = new State("", ask());
            if (!before.answers()) {
                report.accept("answers at " + socket);
            }
        } catch (IOException | RuntimeException e) { // whatever the guest says costs no more
            disconnect();
            String words = words(e);
            if (!words.equals(state.reason()) && !Thread.currentThread().isInterrupted()) {
                state = new State(words, state.said());
                report.accept("does not answer at " + socket + ": " + words);
            }
        }
    }

    private AgentReport ask() throws IOException {
        boolean isNew = connection == null;
        AgentConnection to = isNew ? AgentConnection.to(socket) : connection;
        connection = to;
        ScheduledFuture<?> limit =
                timer.schedule(() -> close(to), times.answer().toMillis(), TimeUnit.MILLISECONDS);
        try {
            if (isNew) {
                to.connect();
            }
            long nowMs = System.currentTimeMillis();
            return new AgentReport(AgentAnswers.interfaces(to.ask(QUESTION), nowMs), nowMs);
        } finally {
            limit.cancel(false);
        }
    }

    private String words(Exception e) {
        if (e instanceof ClosedChannelException) {
            return "no answer in %d ms".formatted(times.answer().toMillis());
        }
        if (!Files.exists(socket)) {
            return "there is no such socket";
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private void disconnect() {
        if (connection != null) {
            close(connection);
            connection = null;
        }
    }

    private static void close(AgentConnection connection) {
        try {
            connection.close();
        } catch (IOException e) {
            // It is of no use any more in any case.
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
