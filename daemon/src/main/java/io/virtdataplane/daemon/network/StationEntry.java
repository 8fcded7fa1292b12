package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.wire.AddressText;

/**
 * An operator's entry of a bridge's forwarding database.
 *
 * @param vlan 0 where the bridge filters none
 * @param port name of the bridge's port; empty: the entry is to go
 * @param sticky the station stays there whatever frames say
 */
public record StationEntry(int vlan, String mac, String port, boolean sticky) {
    private static final long GROUP_BIT = 0x0100_0000_0000L;

    /** Under the lock of the bridges; refused before anything changes. */
    public void putOn(OpenBridge open) {
        boolean filtering = open.settings().policy().vlanFiltering();
        check(
                filtering ? vlan >= 1 && vlan <= 4094 : vlan == 0,
                (filtering
                                ? "vlan must be 1-4094"
                                : "vlan must be 0 (the bridge does not filter VLANs)")
                        + ": vlan="
                        + vlan);
        long station = AddressText.mac(mac);
        check(
                station != 0 && (station & GROUP_BIT) == 0,
                "mac must be a unicast MAC address: mac=" + mac);
        if (port.isEmpty()) {
            if (!open.worker().<Boolean>ask(on -> open.bridge().removeStation(vlan, station))) {
                throw NotFoundException.of("station", mac);
            }
            return;
        }
        OpenPort to =
                open.ports().stream()
                        .filter(each -> each.name().equals(port))
                        .findFirst()
                        .orElseThrow(
                                () -> NotFoundException.of("port of bridge " + open.name(), port));
        boolean done =
                open.worker()
                        .ask(
                                on ->
                                        open.bridge()
                                                .putStation(
                                                        vlan,
                                                        station,
                                                        to.port(),
                                                        sticky,
                                                        System.nanoTime()));
        check(done, "bridge must have fewer stations than its limit: bridge=" + open.name());
    }

    private static void check(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
