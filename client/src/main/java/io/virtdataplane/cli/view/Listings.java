package io.virtdataplane.cli.view;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** All kinds that {@code get} lists, in the order in which help shows them. */
public final class Listings {
    private static final List<Listing<?, ?>> ALL =
            List.of(
                    new NicListing(),
                    new SessionListing(),
                    new LeaseListing(),
                    new MacListing(),
                    new CounterListing(),
                    new BridgeListing(),
                    new StationListing(),
                    new GroupListing(),
                    new VlanListing(),
                    new PolicyListing(),
                    new DefinitionListing(),
                    new ServiceListing(),
                    new PfListing(),
                    new VfListing(),
                    new SriovStateListing(),
                    new SriovPolicyListing(),
                    new SriovNetworkListing());

    private Listings() {}

    public static Optional<Listing<?, ?>> find(String name) {
        return ALL.stream()
                .filter(listing -> listing.names().contains(name.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    public static List<String> watchable() {
        return ALL.stream()
                .filter(Listing::canBeWatched)
                .map(listing -> listing.names().getFirst())
                .toList();
    }

    public static List<String> names() {
        return ALL.stream().map(listing -> listing.names().getFirst()).toList();
    }
}
