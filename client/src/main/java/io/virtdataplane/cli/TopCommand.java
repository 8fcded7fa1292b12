package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.Counters;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.VerdictCount;
import io.virtdataplane.api.WatchRequest;
import io.virtdataplane.cli.view.Cells;
import io.virtdataplane.cli.view.Table;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "top",
        description = "Show NICs, addresses, sessions, rates and drops, until Ctrl-C.",
        mixinStandardHelpOptions = true)
final class TopCommand implements Callable<Integer> {
    private static final String CLEAR = "\033[H\033[2J";

    private record Reading(long nanoseconds, Counters counters) {}

    @Mixin private SocketOption socket;

    @Option(
            names = "--interval",
            defaultValue = "1000",
            paramLabel = "MS",
            description = "Milliseconds between two updates (default: ${DEFAULT-VALUE}).")
    private int interval;

    private final Map<String, Reading> last = new HashMap<>();

    @Override
    public Integer call() {
        boolean terminal = System.console() != null && System.console().isTerminal();
        try (Client client = socket.connect()) {
            Iterator<ListResponse> updates =
                    client.call().watch(WatchRequest.newBuilder().setIntervalMs(interval).build());
            while (updates.hasNext()) {
                ListResponse nics = updates.next();
                System.out.print(terminal ? CLEAR : "");
                print(nics);
                System.out.flush();
            }
        }
        return 0;
    }

    private void print(ListResponse nics) {
        Table table =
                new Table(
                        "NIC",
                        "GUEST-IP",
                        "POD-IP",
                        "MAC",
                        "SESSIONS",
                        "OUT",
                        "OUT-PPS",
                        "IN",
                        "IN-PPS",
                        "DROPS");
        StringBuilder drops = new StringBuilder();
        long now = System.nanoTime();
        for (Nic nic : nics.getNicsList()) {
            Counters counters = nic.getCounters();
            Reading before = last.getOrDefault(nic.getName(), new Reading(now, counters));
            double seconds = Math.max(1e-9, (now - before.nanoseconds()) / 1e9);
            table.row(
                    nic.getName(),
                    nic.getGuestAddress(),
                    nic.getPodAddress(),
                    nic.getGuestMac(),
                    Integer.toString(nic.getSessions()),
                    bits(
                            (counters.getToUplinkBytes() - before.counters().getToUplinkBytes())
                                    * 8
                                    / seconds),
                    Long.toString(
                            Math.round(
                                    (counters.getToUplinkFrames()
                                                    - before.counters().getToUplinkFrames())
                                            / seconds)),
                    bits(
                            (counters.getToGuestBytes() - before.counters().getToGuestBytes())
                                    * 8
                                    / seconds),
                    Long.toString(
                            Math.round(
                                    (counters.getToGuestFrames()
                                                    - before.counters().getToGuestFrames())
                                            / seconds)),
                    Long.toString(Cells.drops(counters)));
            last.put(nic.getName(), new Reading(now, counters));
            for (VerdictCount count : counters.getVerdictsList()) {
                if (count.getDrop()) {
                    drops.append(
                            String.format(
                                    "  %-20s %-24s %8d  %s%n",
                                    nic.getName(),
                                    count.getVerdict(),
                                    count.getFrames(),
                                    count.getMeaning()));
                }
            }
        }
        table.print(System.out);
        System.out.print(drops.isEmpty() ? "" : "Drops:\n" + drops);
    }

    private static String bits(double perSecond) {
        if (perSecond >= 1e9) {
            return String.format("%.2f Gbit/s", perSecond / 1e9);
        }
        return perSecond >= 1e6
                ? String.format("%.1f Mbit/s", perSecond / 1e6)
                : String.format("%.0f kbit/s", perSecond / 1e3);
    }
}
