package io.virtdataplane.daemon.guest;

import java.util.List;

/**
 * An interface of a machine, with what all sources know of it.
 *
 * @param name of the manifest; empty: only the guest has it
 * @param nameInGuest empty where no agent names it
 * @param addresses IPv4 before IPv6, each once; the first one is the interface's address
 */
public record GuestInterface(
        String name, String nameInGuest, String mac, List<KnownAddress> addresses) {
    public boolean isOfManifest() {
        return !name.isEmpty();
    }

    public boolean isKnownToAgent() {
        return !nameInGuest.isEmpty();
    }
}
