package io.virtdataplane.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What data plane and agent know of a machine becomes one list of interfaces. */
class MachineInterfacesTest {
    private static final String MAC = "52:54:00:00:00:01";
    private static final String OTHER_MAC = "52:54:00:00:00:02";
    private static final long SAID_MS = 1000;

    private static KnownAddress known(AddressSource source, String cidr, long seenMs) {
        String[] parts = cidr.split("/");
        int prefix = parts.length == 1 ? 0 : Integer.parseInt(parts[1]);
        String mac = source == AddressSource.POD ? "" : MAC;
        return new KnownAddress(parts[0], prefix, source, mac, seenMs);
    }

    private static AgentInterface said(String name, String mac, String... cidrs) {
        return new AgentInterface(
                name,
                mac,
                Arrays.stream(cidrs)
                        .map(cidr -> known(AddressSource.AGENT, cidr, SAID_MS))
                        .toList());
    }

    private static KnownNic masquerade(String... podCidrs) {
        return new KnownNic(
                "default",
                MAC,
                true,
                List.of("10.0.2.2", "fd10:0:2::2"),
                Arrays.stream(podCidrs).map(pod -> known(AddressSource.POD, pod, 0)).toList());
    }

    private static KnownNic bridged(String lease, KnownAddress... others) {
        List<KnownAddress> addresses = new ArrayList<>();
        if (!lease.isEmpty()) {
            addresses.add(known(AddressSource.LEASE, lease, 1));
        }
        addresses.addAll(List.of(others));
        List<String> own = lease.isEmpty() ? List.of() : List.of(lease.split("/")[0]);
        return new KnownNic("net1", MAC, false, own, addresses);
    }

    private static List<GuestInterface> merge(KnownNic nic, AgentInterface... said) {
        AgentReport report =
                said.length == 0 ? AgentReport.NONE : new AgentReport(List.of(said), SAID_MS);
        return new MachineInterfaces(report).of(List.of(nic));
    }

    private static List<String> addresses(GuestInterface one) {
        return one.addresses().stream()
                .map(known -> known.address() + "/" + known.prefixLength())
                .toList();
    }

    @Test
    void ofInterfacesWithOneMacTheOneWithOurLeaseIsTheNic() {
        KnownNic nic = bridged("10.100.0.50/24");
        AgentInterface port = said("eth0", MAC);
        AgentInterface vlan = said("eth0.7", MAC, "192.0.2.7/24");
        AgentInterface bridge = said("br0", MAC, "10.100.0.50/24", "fe80::1/64");
        List<GuestInterface> merged = merge(nic, port, vlan, bridge);
        assertThat(merged.getFirst().nameInGuest()).isEqualTo("br0");
        assertThat(addresses(merged.getFirst())).containsExactly("10.100.0.50/24", "fe80::1/64");
        assertThat(merged.subList(1, merged.size()))
                .as("the VLAN is the guest's own, and the port has nothing to tell")
                .extracting(GuestInterface::nameInGuest)
                .containsExactly("eth0.7");
        assertThat(merge(nic, bridge, vlan, port))
                .as("in whatever order")
                .isEqualTo(merge(nic, port, bridge, vlan));
    }

    @Test
    void masqueradeNicKeepsItsPodsAddressWhicheverInterfaceComesFirst() {
        KnownNic nic = masquerade("10.244.1.5/24");
        AgentInterface bridge = said("br0", MAC);
        AgentInterface eth0 = said("eth0", MAC, "10.0.2.2/24");
        for (List<AgentInterface> order : List.of(List.of(bridge, eth0), List.of(eth0, bridge))) {
            List<GuestInterface> merged = merge(nic, order.toArray(AgentInterface[]::new));
            assertThat(merged).hasSize(1);
            assertThat(merged.getFirst().nameInGuest()).isEqualTo("eth0");
            assertThat(addresses(merged.getFirst())).containsExactly("10.244.1.5/24");
        }
    }

    @Test
    void interfaceWithoutLeaseIsKnownByWhatWasSeenOfIt() {
        KnownNic nic = bridged("", known(AddressSource.OBSERVED, "192.0.2.9", 1));
        AgentInterface vlan = said("eth0.7", MAC, "192.0.2.7/24");
        AgentInterface bond = said("bond0", MAC, "192.0.2.9/24");
        assertThat(merge(nic, vlan, bond).getFirst().nameInGuest()).isEqualTo("bond0");
    }

    @Test
    void familiesAreApartAndNoneIsClearedByAnAgentThatReportsItEmpty() {
        KnownNic nic = bridged("10.100.0.50/24");
        assertThat(addresses(merge(nic, said("eth0", MAC, "fd00::5/64")).getFirst()))
                .containsExactly("10.100.0.50/24", "fd00::5/64");
        assertThat(addresses(merge(nic, said("eth0", MAC)).getFirst()))
                .containsExactly("10.100.0.50/24");
        assertThat(addresses(merge(masquerade("10.244.1.5/24"), said("eth0", MAC)).getFirst()))
                .containsExactly("10.244.1.5/24");
    }

    @Test
    void agentCountsForAFamilyThatThePodDoesNotHaveButNotLinkLocal() {
        AgentInterface eth0 =
                said("eth0", MAC, "fe80::1/64", "fd10:0:2::2/120", "10.0.2.2/24", "169.254.3.4/16");
        assertThat(addresses(merge(masquerade("10.244.1.5/24"), eth0).getFirst()))
                .containsExactly("10.244.1.5/24", "fd10:0:2::2/120");
        assertThat(
                        addresses(
                                merge(masquerade("10.244.1.5/24", "fd00:10:244::5/64"), eth0)
                                        .getFirst()))
                .containsExactly("10.244.1.5/24", "fd00:10:244::5/64");
    }

    @Test
    void addressesAddedToTheLeasedFamilyAreShownBesideTheLease() {
        AgentInterface eth0 =
                said("eth0", MAC, "fe80::1/64", "fd00::5/64", "1.1.1.2/24", "10.100.0.50/24");
        assertThat(addresses(merge(bridged("10.100.0.50/24"), eth0).getFirst()))
                .as("the lease, IPv4, IPv6, link-local last; each once")
                .containsExactly("10.100.0.50/24", "1.1.1.2/24", "fd00::5/64", "fe80::1/64");
    }

    @Test
    void whatWasSeenCountsFromTheAgentsLastWordOn() {
        KnownAddress gone = known(AddressSource.OBSERVED, "192.0.2.8", SAID_MS - 1);
        KnownAddress added = known(AddressSource.OBSERVED, "192.0.2.9", SAID_MS + 1);
        KnownAddress moved = known(AddressSource.OBSERVED, "192.0.2.7", SAID_MS + 1);
        KnownNic nic = bridged("", gone, added, moved);
        List<GuestInterface> merged =
                merge(
                        nic,
                        said("eth0", MAC, "192.0.2.1/24"),
                        said("eth1", OTHER_MAC, "192.0.2.7/24"));
        assertThat(addresses(merged.getFirst())).containsExactly("192.0.2.1/24", "192.0.2.9/0");
        assertThat(addresses(merge(nic).getFirst()))
                .as("without an agent")
                .containsExactly("192.0.2.8/0", "192.0.2.9/0", "192.0.2.7/0");
    }

    @Test
    void whatAnotherStationBehindTheNicUsesIsNotTheNics() {
        KnownAddress nested =
                new KnownAddress("192.0.2.66", 0, AddressSource.OBSERVED, OTHER_MAC, 5);
        assertThat(merge(bridged("", nested)).getFirst().addresses()).isEmpty();
    }

    @Test
    void aliasIsAnAddressOfItsInterface() {
        List<GuestInterface> merged =
                merge(
                        bridged("10.100.0.50/24"),
                        said("eth0:1", MAC, "1.1.1.4/24"),
                        said("eth0", MAC, "10.100.0.50/24"));
        assertThat(merged).hasSize(1);
        assertThat(merged.getFirst().nameInGuest()).isEqualTo("eth0");
        assertThat(addresses(merged.getFirst())).containsExactly("10.100.0.50/24", "1.1.1.4/24");
    }

    @Test
    void namesOfWindowsStayWhole() {
        GuestInterface only =
                merge(
                                masquerade("10.244.1.5/24"),
                                said("vEthernet (a:b) 2", OTHER_MAC, "1.1.1.1/8"))
                        .getLast();
        assertThat(only.nameInGuest()).isEqualTo("vEthernet (a:b) 2");
    }

    @Test
    void atMostTenInterfacesAreTheGuestsOnly() {
        AgentInterface[] many = new AgentInterface[30];
        for (int i = 0; i < many.length; i++) {
            many[i] = said("veth" + i, "0a:00:00:00:00:%02x".formatted(i), "172.17.0." + i + "/16");
        }
        List<GuestInterface> merged = merge(masquerade("10.244.1.5/24"), many);
        assertThat(merged).hasSize(11);
        assertThat(merged.getFirst().name()).isEqualTo("default");
        assertThat(merged.get(1).name()).isEmpty();
        assertThat(merged.get(1).nameInGuest()).isEqualTo("veth0");
    }

    @Test
    void silentAgentTakesNothingAway() {
        KnownNic nic = bridged("10.100.0.50/24", known(AddressSource.OBSERVED, "fe80::1", 1));
        GuestInterface merged = merge(nic).getFirst();
        assertThat(addresses(merged)).containsExactly("10.100.0.50/24", "fe80::1/0");
        assertThat(merged.isKnownToAgent()).isFalse();
    }
}
