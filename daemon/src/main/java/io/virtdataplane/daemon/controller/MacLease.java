package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.virtdataplane.daemon.mac.MacHolder;
import io.virtdataplane.wire.AddressText;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;

/**
 * The object that says who has a MAC address. It is named after the address, and the API server
 * makes a name once: that is what makes an address unique, however many controllers run.
 *
 * @param claim token of the admission that took the address last; empty: none did, the machine was
 *     there before
 * @param version resourceVersion, or empty of one that is yet to be made
 */
record MacLease(long mac, MacHolder holder, String claim, String version) {
    static final String LABEL = "virtdataplane.io/kind";
    static final String LABEL_VALUE = "mac";
    private static final String CLAIM = "virtdataplane.io/claim";
    private static final String PREFIX = "mac-";

    static MacLease of(Lease lease) {
        String holder = lease.getSpec() == null ? null : lease.getSpec().getHolderIdentity();
        Map<String, String> annotations = lease.getMetadata().getAnnotations();
        return new MacLease(
                AddressText.mac(lease.getMetadata().getName().substring(PREFIX.length())),
                MacHolder.parse(holder == null ? "" : holder),
                annotations == null ? "" : annotations.getOrDefault(CLAIM, ""),
                lease.getMetadata().getResourceVersion());
    }

    /** "mac-02-00-00-00-00-01". */
    static String name(long mac) {
        return PREFIX + AddressText.mac(mac).replace(':', '-');
    }

    String name() {
        return name(mac);
    }

    Lease object(String namespace) {
        return new LeaseBuilder()
                .withNewMetadata()
                .withName(name())
                .withNamespace(namespace)
                .withResourceVersion(version.isEmpty() ? null : version)
                .addToLabels(LABEL, LABEL_VALUE)
                .addToAnnotations(CLAIM, claim)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(holder.toString())
                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                .endSpec()
                .build();
    }
}
