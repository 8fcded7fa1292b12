package io.virtdataplane.port;

import io.virtdataplane.sys.DescriptorStore;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.Tun;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Taps that the daemon has made. Where systemd keeps descriptors, one of each stays there while no
 * daemon is: the device keeps its place, its name, its addresses and its carrier, and frames wait
 * in its queue for the next daemon.
 */
public final class KeptTaps {
    private static final Logger LOG = LoggerFactory.getLogger(KeptTaps.class);
    private final DescriptorStore store;
    private final Map<String, Kept> keptByName = new ConcurrentHashMap<>();
    private final Set<String> taken = ConcurrentHashMap.newKeySet();

    /** What a tap is to its owner. */
    enum Role {
        /** The guest is behind it. */
        GUEST,
        /** What the programs have for us of the guest's own device. */
        CARRIED,
        /** The same of the pod's uplink. */
        UPLINK
    }

    /**
     * A descriptor beside the port's.
     *
     * @param isEarlier an earlier run's
     */
    private record Kept(Fd fd, boolean isEarlier) {}

    public KeptTaps(DescriptorStore store) {
        this.store = store;
        store.takeAll().forEach((name, fd) -> keptByName.put(name, new Kept(fd, true)));
    }

    /** None is. */
    public static KeptTaps none() {
        return new KeptTaps(DescriptorStore.none());
    }

    public boolean isOn() {
        return store.isOn();
    }

    /** Those of one owner: a NIC, or a port of a bridge. */
    public final class Owned {
        private final String digest;

        private Owned(String digest) {
            this.digest = digest;
        }

        /** The one that the owner has from before; null: none. */
        Fd take(Role role) {
            return KeptTaps.this.take(name(role));
        }

        /** The same, or else one that is made, and kept. */
        Fd take(Role role, Supplier<Fd> made) {
            Fd earlier = take(role);
            if (earlier != null) {
                return earlier;
            }
            Fd fd = made.get();
            keep(role, fd);
            return fd;
        }

        void keep(Role role, Fd tap) {
            KeptTaps.this.keep(name(role), tap);
        }

        /** They go for good. */
        public void remove() {
            for (Role role : Role.values()) {
                KeptTaps.this.remove(name(role));
            }
        }

        /** What they were opened for has failed: they go, but where the next try is to have them. */
        public void abandon() {
            for (Role role : Role.values()) {
                Kept kept = keptByName.get(name(role));
                if (kept != null && !kept.isEarlier()) {
                    KeptTaps.this.remove(name(role));
                }
            }
        }

        private String name(Role role) {
            return role.name().toLowerCase(Locale.ROOT) + "-" + digest;
        }
    }

    /**
     * @param digest of the owner's name
     */
    public Owned of(String digest) {
        return new Owned(digest);
    }

    private Fd take(String name) {
        Kept kept = keptByName.get(name);
        if (kept == null) {
            return null;
        }
        if (Tun.name(kept.fd()).isEmpty()) {
            remove(name); // it went with its namespace
            return null;
        }
        taken.add(name);
        return DescriptorStore.duplicate(kept.fd());
    }

    private void keep(String name, Fd tap) {
        if (isOn()) {
            keptByName.put(name, new Kept(DescriptorStore.duplicate(tap), false));
            store.keep(name, tap);
        }
    }

    private void remove(String name) {
        Kept kept = keptByName.remove(name);
        if (kept == null) {
            return;
        }
        store.remove(name);
        try (Fd fd = kept.fd()) {
            Tun.delete(fd);
        } catch (RuntimeException e) {
            LOG.warn("tap not deleted: {}", e.getMessage());
        }
    }

    /**
     * Of what an earlier run has left only that stays which is somebody's. Called when all is open
     * that can be.
     *
     * @param digests of the names of NICs that are kept, open or not
     */
    public void removeAllBut(Set<String> digests) {
        for (Map.Entry<String, Kept> each : keptByName.entrySet()) {
            String name = each.getKey();
            boolean waits = digests.contains(name.substring(name.indexOf('-') + 1));
            if (each.getValue().isEarlier() && !waits && !taken.contains(name)) {
                remove(name);
            }
        }
    }
}
