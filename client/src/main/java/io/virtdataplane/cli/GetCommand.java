package io.virtdataplane.cli;

import io.virtdataplane.api.Counters;
import io.virtdataplane.api.Lease;
import io.virtdataplane.api.ListRequest;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.ListSessionsRequest;
import io.virtdataplane.api.ListSessionsResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.Session;
import io.virtdataplane.api.VerdictCount;
import io.virtdataplane.api.WatchRequest;
import java.io.PrintStream;
import java.util.Iterator;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "get",
        description = "Lists NICs and what they do, bridges, SR-IOV's cards, and what was applied.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class GetCommand implements Callable<Integer> {
    /** What can be listed. */
    enum Kind {
        nics,
        sessions,
        leases,
        counters,
        bridges,
        fdb,
        mdb,
        vlans,
        policies,
        networks,
        pfs,
        vfs,
        sriov_state,
        sriov_policies,
        sriov_networks;

        /** As it is written on the command line. */
        @Override
        public String toString() {
            return name().replace('_', '-');
        }
    }

    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Parameters(index = "0", paramLabel = "KIND", description = "One of: ${COMPLETION-CANDIDATES}.")
    private Kind kind;

    @Parameters(
            index = "1",
            arity = "0..1",
            defaultValue = "",
            paramLabel = "NAME",
            description = "Only of this NIC (MACHINE[/INTERFACE]) or bridge; pfs, vfs: of this PF.")
    private String name;

    @Option(
            names = {"-w", "--watch"},
            description = "nics: print again every second; sriov-state: with each change.")
    private boolean watch;

    @Option(
            names = "--limit",
            defaultValue = "1000",
            paramLabel = "N",
            description =
                    "sessions: at most so many of each NIC, longest idle first; fdb, mdb: of each bridge (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Override
    public Integer call() {
        PrintStream out = System.out;
        try (Client client = socket.connect()) {
            if (SriovLists.KINDS.contains(kind)) {
                new SriovLists(client, output, out).print(kind, name, watch);
                return 0;
            }
            if (kind == Kind.sessions) {
                ListSessionsRequest request =
                        ListSessionsRequest.newBuilder().setNic(name).setLimit(limit).build();
                sessions(client.call().listSessions(request), out);
                return 0;
            }
            if (printedNetworks(new NetworkTables(client, output, out))) {
                return 0;
            }
            if (watch) {
                Iterator<ListResponse> updates =
                        client.call().watch(WatchRequest.getDefaultInstance());
                while (updates.hasNext()) {
                    print(Names.only(updates.next(), name), out);
                    out.flush();
                }
                return 0;
            }
            print(Names.only(client.call().list(ListRequest.getDefaultInstance()), name), out);
            return 0;
        }
    }

    private boolean printedNetworks(NetworkTables tables) {
        switch (kind) {
            case bridges -> tables.bridges(name);
            case fdb -> tables.fdb(name, limit);
            case mdb -> tables.mdb(name, limit);
            case vlans -> tables.vlans(name);
            case policies -> tables.policies();
            case networks -> tables.definitions();
            case nics, sessions, leases, counters -> {
                return false;
            }
        }
        return true;
    }

    private void print(ListResponse nics, PrintStream out) {
        if (output.print(nics, out)) {
            return;
        }
        switch (kind) {
            case nics -> nics(nics, out);
            case leases -> leases(nics, out);
            case counters -> counters(nics, out);
            case sessions,
                    bridges,
                    fdb,
                    mdb,
                    vlans,
                    policies,
                    networks,
                    pfs,
                    vfs,
                    sriov_state,
                    sriov_policies,
                    sriov_networks ->
                    throw new IllegalStateException("listed apart");
        }
    }

    private void nics(ListResponse nics, PrintStream out) {
        Table table =
                output.isWide()
                        ? new Table(
                                "NAME",
                                "GUEST-IP",
                                "MAC",
                                "POD-IP",
                                "PORTS",
                                "SESSIONS",
                                "DROPS",
                                "NETNS",
                                "GUEST",
                                "UPLINK",
                                "MTU",
                                "UNLISTED",
                                "WORKER",
                                "POLLER",
                                "AGE")
                        : new Table(
                                "NAME",
                                "GUEST-IP",
                                "MAC",
                                "POD-IP",
                                "PORTS",
                                "SESSIONS",
                                "DROPS",
                                "AGE");
        for (Nic nic : nics.getNicsList()) {
            String ports = nic.getPortsCount() == 0 ? "all" : String.join(",", nic.getPortsList());
            String sessions = Integer.toString(nic.getSessions());
            String drops = Long.toString(drops(nic.getCounters()));
            String age = age((System.currentTimeMillis() - nic.getAttachedUnixMs()) / 1000);
            if (output.isWide()) {
                table.row(
                        nic.getName(),
                        Names.both(nic.getGuestAddress(), nic.getGuestIpv6Address()),
                        nic.getGuestMac(),
                        Names.both(nic.getPodAddress(), nic.getPodIpv6Address()),
                        ports,
                        sessions,
                        drops,
                        nic.getNetns(),
                        nic.getGuest(),
                        nic.getUplink(),
                        Integer.toString(nic.getMtu()),
                        nic.getNat().getUnlistedPolicy(),
                        Integer.toString(nic.getWorker()),
                        nic.getPoller(),
                        age);
            } else {
                table.row(
                        nic.getName(),
                        Names.both(nic.getGuestAddress(), nic.getGuestIpv6Address()),
                        nic.getGuestMac(),
                        Names.both(nic.getPodAddress(), nic.getPodIpv6Address()),
                        ports,
                        sessions,
                        drops,
                        age);
            }
        }
        table.print(out);
    }

    private static void leases(ListResponse nics, PrintStream out) {
        Table table = new Table("NIC", "ADDRESS", "MAC", "SECONDS", "GIVEN");
        for (Nic nic : nics.getNicsList()) {
            for (Lease lease : new Lease[] {nic.getLease(), nic.getLease6()}) {
                if (!lease.getMac().isEmpty()) {
                    table.row(
                            nic.getName(),
                            lease.getAddress(),
                            lease.getMac(),
                            Long.toString(lease.getSeconds()),
                            age(lease.getAgeSeconds()) + " ago");
                }
            }
        }
        table.print(out);
    }

    private static void counters(ListResponse nics, PrintStream out) {
        Table table = new Table("NIC", "COUNTER", "VALUE");
        for (Nic nic : nics.getNicsList()) {
            Counters counters = nic.getCounters();
            counters.getAllFields()
                    .forEach(
                            (field, value) -> {
                                if (!field.isRepeated()) {
                                    table.row(nic.getName(), field.getName(), value.toString());
                                }
                            });
            counters.getVerdictsList()
                    .forEach(
                            count ->
                                    table.row(
                                            nic.getName(),
                                            count.getVerdict(),
                                            Long.toString(count.getFrames())));
        }
        table.print(out);
    }

    private void sessions(ListSessionsResponse sessions, PrintStream out) {
        if (output.print(sessions, out)) {
            return;
        }
        Table table =
                output.isWide()
                        ? new Table(
                                "NIC",
                                "PROTO",
                                "DIR",
                                "INSIDE",
                                "OUTSIDE",
                                "REMOTE",
                                "STATE",
                                "IDLE",
                                "AGE",
                                "FRAMES-OUT",
                                "FRAMES-IN")
                        : new Table(
                                "NIC", "PROTO", "DIR", "INSIDE", "OUTSIDE", "REMOTE", "STATE",
                                "IDLE");
        for (Session session : sessions.getSessionsList()) {
            if (output.isWide()) {
                table.row(
                        session.getNic(),
                        session.getProtocol(),
                        session.getDirection(),
                        session.getInside(),
                        session.getOutside(),
                        session.getRemote(),
                        session.getState(),
                        age(session.getIdleSeconds()),
                        age(session.getAgeSeconds()),
                        Long.toString(session.getFramesOut()),
                        Long.toString(session.getFramesIn()));
            } else {
                table.row(
                        session.getNic(),
                        session.getProtocol(),
                        session.getDirection(),
                        session.getInside(),
                        session.getOutside(),
                        session.getRemote(),
                        session.getState(),
                        age(session.getIdleSeconds()));
            }
        }
        table.print(out);
        if (sessions.getTotal() > sessions.getSessionsCount()) {
            out.println(
                    sessions.getSessionsCount()
                            + " of "
                            + sessions.getTotal()
                            + " sessions; see --limit");
        }
    }

    static long drops(Counters counters) {
        return counters.getVerdictsList().stream()
                .filter(VerdictCount::getDrop)
                .mapToLong(VerdictCount::getFrames)
                .sum();
    }

    /** As kubectl: 42s, 7m, 3h, 2d. */
    static String age(long seconds) {
        if (seconds < 120) {
            return seconds + "s";
        }
        if (seconds < 7200) {
            return seconds / 60 + "m";
        }
        return seconds < 172_800 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
    }
}
