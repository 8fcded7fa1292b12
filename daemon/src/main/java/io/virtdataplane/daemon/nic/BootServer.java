package io.virtdataplane.daemon.nic;

import io.virtdataplane.dhcp.SearchDomains;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.wire.AddressText;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/**
 * Follows the address of the server that a guest boots from, where the manifest gives its name
 * ({@code tftpServerName}): PXE ROMs want an address. A pod's network may come late, and a server
 * may move, so it is asked for again and again.
 */
final class BootServer implements AutoCloseable {
    /** How long until it is asked for again. */
    record Intervals(Duration found, Duration failed) {
        static final Intervals DEFAULT =
                new Intervals(Duration.ofMinutes(5), Duration.ofSeconds(10));
    }

    private final IntSupplier lookup;
    private final IntConsumer found;
    private final Consumer<String> failed;
    private final Intervals intervals;
    private final Thread thread;
    private int last;
    private String lastReason = "";

    /**
     * Of a NIC whose manifest gives a name; else null.
     *
     * @param found is given each new address
     * @param report is told what was found, and why nothing was
     */
    static BootServer follow(
            MasqueradeSpec spec, ResolvConf conf, IntConsumer found, Consumer<String> report) {
        String name = spec.nic().dhcpOptions().tftpServerName();
        if (!isName(name)) {
            return null;
        }
        NameLookup lookup = NameLookup.of(conf);
        return new BootServer(
                        () -> lookUp(spec.netns(), lookup, name),
                        address -> {
                            found.accept(address);
                            report.accept(name + " is at " + AddressText.ipv4(address));
                        },
                        reason -> report.accept(name + " is not found: " + reason),
                        Intervals.DEFAULT)
                .start();
    }

    private static int lookUp(String pod, NameLookup lookup, String name) {
        try (Netns netns = Netns.open(pod)) {
            return netns.call(() -> lookup.ipv4(name));
        }
    }

    /** Whether a manifest's tftpServerName has to be looked up. */
    static boolean isName(String text) {
        boolean address = text.matches("[0-9]+(\\.[0-9]+){3}");
        return !address && !SearchDomains.valid(List.of(text)).isEmpty();
    }

    /**
     * @param lookup the address, IPv4 in network order; or throws, and says why there is none
     * @param found is given each new address
     * @param failed is given each new reason why there is none
     */
    BootServer(
            IntSupplier lookup, IntConsumer found, Consumer<String> failed, Intervals intervals) {
        this.lookup = lookup;
        this.found = found;
        this.failed = failed;
        this.intervals = intervals;
        this.thread = Thread.ofVirtual().name("boot-server").unstarted(this::run);
    }

    BootServer start() {
        thread.start();
        return this;
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.sleep(look() ? intervals.found() : intervals.failed());
            }
        } catch (InterruptedException e) {
            // The NIC goes.
        }
    }

    /** An address that was found before stays in force where this fails. */
    private boolean look() {
        String reason;
        try {
            int address = lookup.getAsInt();
            lastReason = "";
            if (address != last) {
                found.accept(address);
                last = address;
            }
            return true;
        } catch (NameLookup.NotFoundException e) {
            reason = e.getMessage();
        } catch (RuntimeException e) { // the pod may be gone
            reason = e.toString();
        }
        if (!reason.equals(lastReason) && !Thread.currentThread().isInterrupted()) {
            failed.accept(reason);
            lastReason = reason;
        }
        return false;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
