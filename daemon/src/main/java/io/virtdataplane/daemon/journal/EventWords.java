package io.virtdataplane.daemon.journal;

import io.virtdataplane.api.Event;
import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
import java.util.function.IntFunction;

/** Events in words: packet threads write numbers. */
final class EventWords {
    private EventWords() {}

    static Event event(String kind, String nic, String message) {
        return Event.newBuilder()
                .setUnixMs(System.currentTimeMillis())
                .setKind(kind)
                .setNic(nic)
                .setMessage(message)
                .build();
    }

    /**
     * @param names by their numbers
     * @param faults what a fault's number stands for
     */
    static Event describe(
            EventKind kind,
            int nic,
            long first,
            long other,
            IntFunction<String> names,
            IntFunction<String> faults) {
        String name = names.apply(nic);
        return switch (kind) {
            case LEASE ->
                    event(
                            "Lease",
                            name,
                            "address="
                                    + AddressText.ipv4((int) first)
                                    + " mac="
                                    + AddressText.mac(other));
            case DECLINED ->
                    event(
                            "Declined",
                            name,
                            "the guest refused its address, another station uses it: address="
                                    + AddressText.ipv4((int) first)
                                    + " mac="
                                    + AddressText.mac(other));
            case OPTION_CUT ->
                    event(
                            "OptionCut",
                            name,
                            "the longest message that the client takes (option 57) has no room for all of it: option="
                                    + first
                                    + " mac="
                                    + AddressText.mac(other));
            case LEASE6 -> event("Lease", name, "family=IPv6 mac=" + AddressText.mac(other));
            case ADDRESS_SEEN -> event("AddressSeen", name, "mac=" + AddressText.mac(first));
            case FIRST_DROP -> {
                Verdict verdict = Verdict.of((int) first);
                yield event("FirstDrop", name, verdict.label() + ": " + verdict.words());
            }
            case SAME_MAC ->
                    event(
                            "MACCollision",
                            name,
                            "another station on the wire uses the same address: mac="
                                    + AddressText.mac(first)
                                    + " behind="
                                    + names.apply((int) other));
            case FAULT -> event("Fault", name, faults.apply((int) first));
        };
    }
}
