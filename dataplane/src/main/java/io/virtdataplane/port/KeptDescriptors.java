package io.virtdataplane.port;

import io.virtdataplane.sys.DescriptorStore;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.PacketSocket;
import io.virtdataplane.sys.Tun;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a NIC has open, with systemd while no daemon is there, where that keeps descriptors. A tap
 * that we have made keeps its place, its name, its addresses and its carrier, and frames wait in
 * its queue for the next daemon. Of packet sockets a process that is killed is saved the time of
 * closing them: the kernel waits for all processors at each, and the process is no more only behind
 * the last one. One that ends closes them itself, many at a time: where the service is stopped
 * systemd would close them one after the other, and do nothing else meanwhile.
 *
 * <p>Names are short, as the next process has all of them in one variable of its environment, of
 * 128 KB at most: 8192 of them ({@code FileDescriptorStoreMax} of the unit) have 112 KB.
 */
public final class KeptDescriptors implements AutoCloseable {
    private static final int CLOSED_AT_ONCE = 64;
    private final DescriptorStore store;
    private final Map<String, Kept> keptByName = new ConcurrentHashMap<>();
    private final Set<String> taken = ConcurrentHashMap.newKeySet();

    private static final int DIGITS = 12;

    /** What it is to its owner. */
    enum Role {
        /** The tap that the guest is behind. */
        GUEST('g', true),
        /** The tap for what the programs have for us of the guest's own device. */
        CARRIED('c', true),
        /** The same of the pod's uplink. */
        UPLINK('u', true),
        /** Sends to the guest's own device, past its queue. */
        DIRECT('d', false),
        /** The same, through its queue. */
        QUEUED('q', false);

        private final char letter;
        private final boolean isTap;

        Role(char letter, boolean isTap) {
            this.letter = letter;
            this.isTap = isTap;
        }
    }

    /**
     * A descriptor beside the port's.
     *
     * @param isEarlier an earlier run's
     */
    private record Kept(Fd fd, boolean isEarlier) {}

    public KeptDescriptors(DescriptorStore store) {
        this.store = store;
        store.takeAll().forEach((name, fd) -> keptByName.put(name, new Kept(fd, true)));
    }

    /** None is. */
    public static KeptDescriptors none() {
        return new KeptDescriptors(DescriptorStore.none());
    }

    public boolean isOn() {
        return store.isOn();
    }

    /** Those of one owner: a NIC, or a port of a bridge. */
    public final class Owned {
        private final String digest;

        private Owned(String digest) {
            this.digest = digest.substring(0, DIGITS);
        }

        /** The tap that the owner has from before; null: none. */
        Fd take(Role role) {
            return KeptDescriptors.this.take(name(role), role, tap -> !Tun.name(tap).isEmpty());
        }

        /** A tap of that name here: that from before, or else one that is made, and kept. */
        Fd take(Role role, String device, Function<String, Fd> made) {
            Fd earlier =
                    KeptDescriptors.this.take(name(role), role, tap -> Tun.isHere(tap, device));
            return orMade(role, earlier, () -> made.apply(device));
        }

        /** A packet socket at this device: that from before, or else one that is made, and kept. */
        Fd take(Role role, NetDevice device, Function<NetDevice, Fd> made) {
            Fd earlier =
                    KeptDescriptors.this.take(
                            name(role), role, socket -> PacketSocket.isAt(socket, device));
            return orMade(role, earlier, () -> made.apply(device));
        }

        private Fd orMade(Role role, Fd earlier, Supplier<Fd> made) {
            if (earlier != null) {
                return earlier;
            }
            Fd fd = made.get();
            try {
                keep(role, fd);
                return fd;
            } catch (RuntimeException e) {
                fd.close();
                throw e;
            }
        }

        void keep(Role role, Fd fd) {
            KeptDescriptors.this.keep(name(role), fd);
        }

        /** They go for good. */
        public void remove() {
            for (Role role : Role.values()) {
                KeptDescriptors.this.remove(name(role), role);
            }
        }

        /**
         * What they were opened for has failed: they go, but where the next try is to have them.
         */
        public void abandon() {
            for (Role role : Role.values()) {
                Kept kept = keptByName.get(name(role));
                if (kept != null && !kept.isEarlier()) {
                    KeptDescriptors.this.remove(name(role), role);
                }
            }
        }

        private String name(Role role) {
            return role.letter + digest;
        }
    }

    /**
     * @param digest of the owner's name
     */
    public Owned of(String digest) {
        return new Owned(digest);
    }

    private Fd take(String name, Role role, Predicate<Fd> fits) {
        Kept kept = keptByName.get(name);
        if (kept == null) {
            return null;
        }
        if (!fits.test(kept.fd())) {
            remove(name, role); // it went with its namespace, or device
            return null;
        }
        taken.add(name);
        return DescriptorStore.duplicate(kept.fd());
    }

    private void keep(String name, Fd fd) {
        if (isOn()) {
            keptByName.put(name, new Kept(DescriptorStore.duplicate(fd), false));
            store.keep(name, fd);
        }
    }

    private void remove(String name, Role role) {
        Kept kept = keptByName.remove(name);
        if (kept == null) {
            return;
        }
        try (Fd fd = kept.fd()) {
            store.remove(name);
            if (role.isTap) {
                Tun.delete(fd);
            }
        } catch (RuntimeException e) {
            return; // it goes with the last descriptor; and others are not to wait for it
        }
    }

    /**
     * Of what an earlier run has left only that stays which is somebody's. Called when all is open
     * that can be.
     *
     * @param digests of the names of NICs that are kept, open or not
     */
    public void removeAllBut(Set<String> digests) {
        Set<String> shortened =
                digests.stream()
                        .map(digest -> digest.substring(0, DIGITS))
                        .collect(Collectors.toUnmodifiableSet());
        for (Map.Entry<String, Kept> each : keptByName.entrySet()) {
            String name = each.getKey();
            boolean waits = shortened.contains(name.substring(1));
            if (each.getValue().isEarlier() && !waits && !taken.contains(name)) {
                remove(name, role(name));
            }
        }
    }

    /** The NICs are closed; what is kept but taps ends, here and with systemd. */
    @Override
    public void close() {
        List<Fd> sockets = new ArrayList<>();
        for (Map.Entry<String, Kept> each : keptByName.entrySet()) {
            if (!role(each.getKey()).isTap) {
                store.remove(each.getKey());
                sockets.add(each.getValue().fd());
                keptByName.remove(each.getKey());
            }
        }
        if (sockets.isEmpty() || !store.isSettled()) {
            return; // else the last one to close would be systemd all the same
        }
        try (ExecutorService threads =
                Executors.newFixedThreadPool(
                        Math.min(CLOSED_AT_ONCE, sockets.size()),
                        Thread.ofPlatform().name("closing-", 0).factory())) {
            sockets.forEach(each -> threads.execute(each::close));
        }
    }

    /** Of a name that is of another version it may be any: then it is closed. */
    private static Role role(String name) {
        return Stream.of(Role.values())
                .filter(each -> name.charAt(0) == each.letter)
                .findFirst()
                .orElse(Role.QUEUED);
    }
}
