package io.virtdataplane.daemon.nic;

import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.Nic;
import io.virtdataplane.dataplane.VifState;
import io.virtdataplane.nat.MovedSessions;
import io.virtdataplane.nat.MovedSessions.Connection;
import java.util.List;

/**
 * The sessions of one NIC as they go to another node, or come from one. A packet thread is asked
 * for so many at a time, so that other NICs' frames go on in between.
 */
final class MovingSessions {
    private static final int PROBES_AT_ONCE = 64;
    private final MasqueradeNic nic;
    private List<Connection> lost = List.of(); // until the guest is here

    /**
     * What has become of them.
     *
     * @param leftOut of the pod's processes, or in use here
     */
    record Moved(int taken, int leftOut) {}

    MovingSessions(MasqueradeNic nic) {
        this.nic = nic;
    }

    private DualStack addresses() {
        return new DualStack(nic.ipv4Addresses(), nic.ipv6Addresses());
    }

    private String families() {
        return SessionFile.addresses(nic.ipv4Addresses(), nic.ipv6Addresses());
    }

    byte[] export() {
        record Kept(byte[] sessions, long nowNs) {}
        Kept kept =
                nic.ask(
                        on -> {
                            long nowNs = System.nanoTime();
                            return new Kept(nic.nat().keep(nowNs), nowNs);
                        });
        return new SessionFile(kept.nowNs(), families(), kept.sessions()).write();
    }

    /** All is looked at before anything changes. */
    synchronized Moved take(byte[] bytes, boolean reset) {
        SessionFile file = SessionFile.read(bytes);
        MovedSessions moved = new MovedSessions(file.content(), file.nowNs(), System.nanoTime());
        if (nic.state() == VifState.DRAINED) {
            throw new IllegalArgumentException(
                    "nic must not be drained (its guest is on another node): nic=" + nic.name());
        }
        return reset ? reset(moved) : goOn(file, moved);
    }

    private Moved goOn(SessionFile file, MovedSessions moved) {
        if (!file.addresses().equals(families())) {
            throw new IllegalArgumentException(
                    "sessions must be of these addresses, or be reset: addresses="
                            + families()
                            + " sessions="
                            + file.addresses());
        }
        int limit = nic.spec().policy().limits().sessions();
        int free = limit - nic.<Integer>ask(on -> nic.nat().sessionCount());
        if (moved.count() > free) {
            throw new IllegalArgumentException(
                    "sessions must be at most what the NIC has room for: sessions="
                            + moved.count()
                            + " free="
                            + free
                            + " session_limit="
                            + limit);
        }
        int taken = 0;
        for (byte[] part : moved.parts()) {
            taken += nic.<Integer>ask(on -> nic.nat().take(part, System.nanoTime()));
        }
        return new Moved(taken, moved.leftOut() + moved.count() - taken);
    }

    private Moved reset(MovedSessions moved) {
        DualStack addresses = addresses();
        List<Connection> mine =
                moved.connections().stream()
                        .filter(each -> MovedSessions.hasFamily(addresses, each))
                        .toList();
        lose();
        lost = mine;
        if (nic.state() == VifState.ACTIVE) {
            resetLost();
        }
        return new Moved(mine.size(), moved.leftOut() + moved.count() - mine.size());
    }

    /** What the guest goes on with that began elsewhere is reset. */
    void lose() {
        nic.ask(
                on -> {
                    nic.nat().loseConnections(System.nanoTime());
                    return null;
                });
    }

    /**
     * The guest is here: it is made to say where it is in each of them, and is answered; of
     * datagrams it is told that nobody has them. Where its MAC address is not known yet, that is
     * done when it is announced again.
     */
    synchronized void resetLost() {
        boolean isKnown = nic.ask(on -> nic.nic().guestMac != Nic.UNKNOWN_MAC);
        if (lost.isEmpty() || !isKnown) {
            return;
        }
        List<Connection> all = lost;
        lost = List.of();
        DualStack addresses = addresses();
        for (int from = 0; from < all.size(); from += PROBES_AT_ONCE) {
            List<Connection> some = all.subList(from, Math.min(from + PROBES_AT_ONCE, all.size()));
            nic.ask(
                    on -> {
                        for (Connection each : some) {
                            on.originate(
                                    nic.nic(),
                                    each.ending(
                                            addresses,
                                            nic.nic().guestMac,
                                            MasqueradeNic.GATEWAY_MAC));
                        }
                        return null;
                    });
        }
    }
}
