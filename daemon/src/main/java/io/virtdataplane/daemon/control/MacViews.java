package io.virtdataplane.daemon.control;

import io.virtdataplane.api.ListMacsResponse;
import io.virtdataplane.api.MacAddress;
import io.virtdataplane.daemon.mac.MacHolder;
import io.virtdataplane.daemon.network.NodeMacs;
import io.virtdataplane.wire.AddressText;

/** What the API shows of MAC addresses. */
final class MacViews {
    private MacViews() {}

    static ListMacsResponse list(NodeMacs macs) {
        ListMacsResponse.Builder all =
                ListMacsResponse.newBuilder().setRange(macs.range().toString());
        macs.entries().forEach(entry -> all.addMacs(address(entry)));
        return all.build();
    }

    /** Names of machines have no slash. */
    private static MacAddress address(NodeMacs.Entry entry) {
        MacHolder holder = entry.holder();
        int slash = holder.machine().indexOf('/');
        return MacAddress.newBuilder()
                .setMac(AddressText.mac(entry.mac()))
                .setNic(holder.machine().substring(slash + 1) + "/" + holder.nic())
                .setNamespace(holder.machine().substring(0, Math.max(0, slash)))
                .setSource(entry.isGiven() ? "pool" : "manifest")
                .build();
    }
}
