package io.virtdataplane.daemon.guest;

import io.virtdataplane.daemon.journal.EventJournal;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * The agents that are asked on this node, one for a machine: an agent has one client at a time, and
 * knows all interfaces of its guest. It is asked for as long as a NIC that named it is attached.
 */
public final class GuestAgents implements AutoCloseable {
    private static final int LONGEST_PATH = 107; // of a UNIX socket: sun_path of unix(7)

    private record Followed(GuestAgent agent, TreeSet<String> nics) {}

    /**
     * How an agent does.
     *
     * @param reason why it does not answer now; empty: it does
     * @param saidMs UNIX time of its last answer that is still believed; 0: none
     */
    public record Health(Path socket, String reason, long saidMs) {}

    private final Map<String, Followed> followedByMachine = new TreeMap<>();
    private final EventJournal journal;
    private final GuestAgent.Times times;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("guest-agent-limits").factory());

    public GuestAgents(EventJournal journal) {
        this(journal, GuestAgent.Times.DEFAULT);
    }

    GuestAgents(EventJournal journal, GuestAgent.Times times) {
        this.journal = journal;
        this.times = times;
    }

    /**
     * Begins to ask, or goes on.
     *
     * @param nic that names it: MACHINE/INTERFACE
     * @param path of its socket, which may come later; empty: the NIC names none
     */
    public synchronized void follow(String nic, String path) {
        if (path.isEmpty()) {
            return;
        }
        Path socket = check(path);
        String machine = machine(nic);
        followedByMachine.forEach((other, followed) -> check(machine, socket, other, followed));
        followedByMachine
                .computeIfAbsent(
                        machine, name -> new Followed(agent(name, socket), new TreeSet<>()))
                .nics()
                .add(nic);
    }

    private static Path check(String path) {
        Path socket = Path.of(path).normalize();
        if (!socket.isAbsolute() || path.length() > LONGEST_PATH) {
            throw new IllegalArgumentException(
                    "guest_agent must be an absolute path of at most "
                            + LONGEST_PATH
                            + " bytes: guest_agent="
                            + path);
        }
        return socket;
    }

    private static void check(String machine, Path socket, String other, Followed followed) {
        if (machine.equals(other) != socket.equals(followed.agent().socket())) {
            throw new IllegalArgumentException(
                    "guest_agent must be one for each machine: guest_agent="
                            + socket
                            + " other_nic="
                            + followed.nics().first()
                            + " its_guest_agent="
                            + followed.agent().socket());
        }
    }

    private GuestAgent agent(String machine, Path socket) {
        return new GuestAgent(
                        socket, times, timer, words -> journal.record("GuestAgent", machine, words))
                .start();
    }

    /** The NIC goes. The last one that named the agent ends it. */
    public synchronized void leave(String nic) {
        Followed followed = followedByMachine.get(machine(nic));
        if (followed != null && followed.nics().remove(nic) && followed.nics().isEmpty()) {
            followed.agent().close();
            followedByMachine.remove(machine(nic));
        }
    }

    private static String machine(String nic) {
        return nic.substring(0, nic.indexOf('/'));
    }

    /** What the machine's agent says; nothing where there is none. */
    public synchronized AgentReport report(String machine) {
        Followed followed = followedByMachine.get(machine);
        return followed == null ? AgentReport.NONE : followed.agent().said();
    }

    /** Empty where the machine has no agent that we know of. */
    public synchronized Optional<Health> health(String machine) {
        return Optional.ofNullable(followedByMachine.get(machine))
                .map(Followed::agent)
                .map(agent -> new Health(agent.socket(), agent.reason(), agent.said().saidMs()));
    }

    @Override
    public synchronized void close() {
        followedByMachine.values().forEach(followed -> followed.agent().close());
        followedByMachine.clear();
        timer.shutdownNow();
    }
}
