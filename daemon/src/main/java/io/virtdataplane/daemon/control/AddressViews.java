package io.virtdataplane.daemon.control;

import io.virtdataplane.api.GuestAddress;
import io.virtdataplane.api.Lease;
import io.virtdataplane.api.Nic;
import io.virtdataplane.daemon.guest.AddressSource;
import io.virtdataplane.daemon.guest.KnownAddress;
import io.virtdataplane.dataplane.SeenAddresses.Seen;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.List;

/** What the data plane knows of a guest's addresses, as messages of the API. */
final class AddressViews {
    private AddressViews() {}

    /**
     * Adds the addresses to a view that has all else already.
     *
     * @param seen on the wire
     * @param nowMs UNIX time
     */
    static void add(Nic.Builder view, List<Seen> seen, long nowMs) {
        List<KnownAddress> known = new ArrayList<>();
        pod(view.getPodAddress(), view.getPodPrefixLength(), nowMs, known);
        pod(view.getPodIpv6Address(), view.getPodIpv6PrefixLength(), nowMs, known);
        lease(view.getLease(), view.getPrefixLength(), nowMs, known);
        lease(view.getLease6(), view.getIpv6PrefixLength(), nowMs, known);
        leaseOfAnotherServer(view, known);
        seen.forEach(each -> known.add(observed(each, nowMs)));
        known.forEach(each -> view.addAddresses(message(each)));
    }

    /** The NIC stands for it for as long as it is attached. */
    private static void pod(String address, int prefix, long nowMs, List<KnownAddress> to) {
        if (!address.isEmpty()) {
            to.add(new KnownAddress(address, prefix, AddressSource.POD, "", nowMs));
        }
    }

    private static void lease(Lease lease, int prefix, long nowMs, List<KnownAddress> to) {
        if (!lease.getMac().isEmpty()) {
            long givenMs = nowMs - 1000 * lease.getAgeSeconds();
            to.add(
                    new KnownAddress(
                            lease.getAddress(),
                            prefix,
                            AddressSource.LEASE,
                            lease.getMac(),
                            givenMs));
        }
    }

    /** A bridge's strict guard has seen it given, and not kept when. */
    private static void leaseOfAnotherServer(Nic.Builder view, List<KnownAddress> to) {
        boolean isLeased =
                !view.getBridge().isEmpty()
                        && !view.hasLease()
                        && !view.getGuestAddress().isEmpty();
        if (isLeased) {
            to.add(
                    new KnownAddress(
                            view.getGuestAddress(), 0, AddressSource.LEASE, view.getGuestMac(), 0));
        }
    }

    private static KnownAddress observed(Seen seen, long nowMs) {
        return new KnownAddress(
                AddressText.ip(seen.high(), seen.low()),
                0,
                AddressSource.OBSERVED,
                AddressText.mac(seen.mac()),
                nowMs - seen.agoNs() / 1_000_000);
    }

    static GuestAddress message(KnownAddress known) {
        return GuestAddress.newBuilder()
                .setAddress(known.address())
                .setPrefixLength(known.prefixLength())
                .setSource(known.source().word())
                .setLastSeenUnixMs(known.seenMs())
                .setMac(known.mac())
                .build();
    }
}
