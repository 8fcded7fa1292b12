package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.virtdataplane.daemon.mac.MacConflictException;
import io.virtdataplane.daemon.mac.MacHolder;
import java.net.HttpURLConnection;
import java.util.Optional;

/**
 * Takes and gives back MAC addresses in the API server, safe against all other controllers that do
 * the same, leader or not.
 *
 * <p>Why no address is ever had by two machines: an address is answered to a machine's admission
 * only after its lease was made, or was changed at the version that was read; the API server does
 * each once. A lease is deleted, or handed to another machine, only at the version that was read
 * before {@link MacRelease} found its holder not to use the address and no admission of it to be
 * under way. Whoever takes an address for its holder anew writes the lease, and so a new version;
 * then the deletion is refused. No clock of another computer is looked at.
 */
final class MacLeases {
    private static final int MOST_TRIES = 5;
    private final KubernetesClient client;
    private final String namespace;
    private final MacRelease release;

    /**
     * @param namespace of the leases
     * @param release says whether a lease of another may be taken over
     */
    MacLeases(KubernetesClient client, String namespace, MacRelease release) {
        this.client = client;
        this.namespace = namespace;
        this.release = release;
    }

    /**
     * Takes the address where nobody has a lease of it.
     *
     * @return false where somebody has
     */
    boolean take(long mac, MacHolder holder, String claim) {
        try {
            client.resource(new MacLease(mac, holder, claim, "").object(namespace)).create();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                return false;
            }
            throw e;
        }
    }

    /**
     * Takes the address, which the holder's machine may have already.
     *
     * @return true where nobody had a lease of it
     * @throws MacConflictException another machine has it
     */
    boolean claim(long mac, MacHolder holder, String claim) {
        for (int tries = 0; tries < MOST_TRIES; tries++) {
            if (take(mac, holder, claim)) {
                return true;
            }
            Optional<MacLease> lease = get(mac);
            if (lease.isPresent()) {
                checkFree(lease.get(), holder);
                if (replace(new MacLease(mac, holder, claim, lease.get().version()))) {
                    return false;
                }
            }
        }
        throw new IllegalStateException(
                "several machines ask for one MAC address at once, try again: holder=" + holder);
    }

    /** Throws where the holder may not have the address, and changes nothing. */
    void check(long mac, MacHolder holder) {
        get(mac).ifPresent(lease -> checkFree(lease, holder));
    }

    private void checkFree(MacLease lease, MacHolder holder) {
        if (!lease.holder().machine().equals(holder.machine()) && !release.isFree(lease)) {
            throw MacConflictException.held(lease.mac(), holder.nic(), lease.holder());
        }
    }

    Optional<MacLease> get(long mac) {
        return Optional.ofNullable(resource(mac).get()).map(MacLease::of);
    }

    /** False where the lease is not the one any more that was read. */
    boolean replace(MacLease lease) {
        try {
            client.resource(lease.object(namespace)).update();
            return true;
        } catch (KubernetesClientException e) {
            if (hasChanged(e)) {
                return false;
            }
            throw e;
        }
    }

    /** Gives the address back; false where the lease is not the one any more that was read. */
    boolean delete(MacLease lease) {
        try {
            resource(lease.mac()).lockResourceVersion(lease.version()).delete();
            return true;
        } catch (KubernetesClientException e) {
            if (hasChanged(e)) {
                return false;
            }
            throw e;
        }
    }

    private Resource<Lease> resource(long mac) {
        return client.leases().inNamespace(namespace).withName(MacLease.name(mac));
    }

    private static boolean hasChanged(KubernetesClientException e) {
        return e.getCode() == HttpURLConnection.HTTP_CONFLICT
                || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
    }
}
