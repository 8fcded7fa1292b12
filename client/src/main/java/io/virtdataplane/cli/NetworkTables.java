package io.virtdataplane.cli;

import com.google.protobuf.MessageOrBuilder;
import io.virtdataplane.api.AttachmentDefinition;
import io.virtdataplane.api.Bridge;
import io.virtdataplane.api.BridgePort;
import io.virtdataplane.api.Condition;
import io.virtdataplane.api.GroupMember;
import io.virtdataplane.api.ListAttachmentDefinitionsRequest;
import io.virtdataplane.api.ListAttachmentDefinitionsResponse;
import io.virtdataplane.api.ListBridgesRequest;
import io.virtdataplane.api.ListBridgesResponse;
import io.virtdataplane.api.ListGroupsRequest;
import io.virtdataplane.api.ListGroupsResponse;
import io.virtdataplane.api.ListPoliciesRequest;
import io.virtdataplane.api.ListPoliciesResponse;
import io.virtdataplane.api.ListStationsRequest;
import io.virtdataplane.api.ListStationsResponse;
import io.virtdataplane.api.Policy;
import io.virtdataplane.api.Station;
import io.virtdataplane.api.VlanCounters;
import java.io.PrintStream;
import java.util.List;

/** Asks for bridge networks and prints them as tables. */
final class NetworkTables {
    private final Client client;
    private final Output output;
    private final PrintStream out;

    NetworkTables(Client client, Output output, PrintStream out) {
        this.client = client;
        this.output = output;
        this.out = out;
    }

    private boolean isPrinted(MessageOrBuilder message) {
        return output.print(message, out);
    }

    private ListBridgesResponse bridgesOf(String name) {
        ListBridgesResponse all =
                client.networks().listBridges(ListBridgesRequest.getDefaultInstance());
        List<Bridge> chosen =
                all.getBridgesList().stream()
                        .filter(bridge -> name.isEmpty() || bridge.getName().equals(name))
                        .toList();
        if (chosen.isEmpty() && !name.isEmpty()) {
            throw new IllegalArgumentException("no such bridge: bridge=" + name);
        }
        return ListBridgesResponse.newBuilder().addAllBridges(chosen).build();
    }

    void bridges(String name) {
        ListBridgesResponse bridges = bridgesOf(name);
        if (isPrinted(bridges)) {
            return;
        }
        Table table = new Table("NAME", "VLAN-FILTERING", "UPLINKS", "GUESTS", "STATIONS", "MTU");
        for (Bridge bridge : bridges.getBridgesList()) {
            List<String> uplinks =
                    bridge.getPortsList().stream()
                            .filter(port -> port.getKind().equals("uplink"))
                            .map(port -> port.getDevice().substring("dev:".length()))
                            .toList();
            table.row(
                    bridge.getName(),
                    bridge.getVlanFiltering() ? "on" : "off",
                    String.join(",", uplinks),
                    Long.toString(count(bridge, "guest")),
                    Integer.toString(bridge.getStations()),
                    Integer.toString(bridge.getMtu()));
        }
        table.print(out);
    }

    private static long count(Bridge bridge, String kind) {
        return bridge.getPortsList().stream().filter(port -> port.getKind().equals(kind)).count();
    }

    /** As bridge(8) shows them: which VLANs a port has, and how. */
    void vlans(String name) {
        ListBridgesResponse bridges = bridgesOf(name);
        if (isPrinted(bridges)) {
            return;
        }
        Table table = new Table("BRIDGE", "PORT", "PVID", "UNTAGGED", "TAGGED");
        for (Bridge bridge : bridges.getBridgesList()) {
            for (BridgePort port : bridge.getPortsList()) {
                table.row(
                        bridge.getName(),
                        port.getName(),
                        port.getPvid() == 0 ? "" : Integer.toString(port.getPvid()),
                        port.getUntagged(),
                        port.getTagged());
            }
        }
        table.print(out);
    }

    void fdb(String name, int limit) {
        ListStationsResponse stations =
                client.networks()
                        .listStations(
                                ListStationsRequest.newBuilder()
                                        .setBridge(name)
                                        .setLimit(limit)
                                        .build());
        if (isPrinted(stations)) {
            return;
        }
        Table table = new Table("BRIDGE", "VLAN", "MAC", "PORT", "STATE", "AGE");
        for (Station station : stations.getStationsList()) {
            table.row(
                    station.getBridge(),
                    Integer.toString(station.getVlan()),
                    station.getMac(),
                    station.getPort(),
                    station.getState(),
                    GetCommand.age(station.getAgeSeconds()));
        }
        table.print(out);
        sayWhatIsLeftOut(stations.getStationsCount(), stations.getTotal(), "stations");
    }

    void mdb(String name, int limit) {
        ListGroupsResponse groups =
                client.networks()
                        .listGroups(
                                ListGroupsRequest.newBuilder()
                                        .setBridge(name)
                                        .setLimit(limit)
                                        .build());
        if (isPrinted(groups)) {
            return;
        }
        Table table = new Table("BRIDGE", "VLAN", "GROUP", "PORT", "KIND", "EXPIRES");
        for (GroupMember member : groups.getMembersList()) {
            table.row(
                    member.getBridge(),
                    Integer.toString(member.getVlan()),
                    member.getGroup(),
                    member.getPort(),
                    member.getKind(),
                    GetCommand.age(member.getExpiresSeconds()));
        }
        table.print(out);
        sayWhatIsLeftOut(groups.getMembersCount(), groups.getTotal(), "memberships");
    }

    private void sayWhatIsLeftOut(int shown, long total, String what) {
        if (total > shown) {
            out.println(shown + " of " + total + " " + what + "; see --limit");
        }
    }

    void policies() {
        ListPoliciesResponse policies =
                client.networks().listPolicies(ListPoliciesRequest.getDefaultInstance());
        if (isPrinted(policies)) {
            return;
        }
        Table table = new Table("NAME", "STATUS", "REASON", "MESSAGE");
        for (Policy policy : policies.getPoliciesList()) {
            Condition now = condition(policy.getConditionsList());
            Condition enacted =
                    policy.hasEnactment()
                            ? condition(policy.getEnactment().getConditionsList())
                            : now;
            table.row(policy.getName(), now.getType(), now.getReason(), enacted.getMessage());
        }
        table.print(out);
    }

    private static Condition condition(List<Condition> conditions) {
        return conditions.stream()
                .filter(condition -> condition.getStatus().equals("True"))
                .findFirst()
                .orElse(Condition.getDefaultInstance());
    }

    void definitions() {
        ListAttachmentDefinitionsResponse definitions =
                client.networks()
                        .listAttachmentDefinitions(
                                ListAttachmentDefinitionsRequest.getDefaultInstance());
        if (isPrinted(definitions)) {
            return;
        }
        Table table =
                new Table(
                        "NAMESPACE",
                        "NAME",
                        "BRIDGE",
                        "VLAN",
                        "TRUNK",
                        "PRESERVE-DEFAULT-VLAN",
                        "MACSPOOFCHK",
                        "NICS");
        for (AttachmentDefinition one : definitions.getDefinitionsList()) {
            table.row(
                    one.getNamespace(),
                    one.getName(),
                    one.getBridge(),
                    Integer.toString(one.getVlan()),
                    one.getTrunk(),
                    Boolean.toString(one.getPreserveDefaultVlan()),
                    Boolean.toString(one.getMacspoofchk()),
                    Integer.toString(one.getPorts()));
        }
        table.print(out);
    }

    void describe(String name) {
        Bridge bridge = bridgesOf(name).getBridges(0);
        if (isPrinted(bridge)) {
            return;
        }
        line("Name", bridge.getName());
        line("Description", bridge.getDescription());
        line("VLAN filtering", bridge.getVlanFiltering() ? "on" : "off");
        line("Ageing", bridge.getAgeingSeconds() + " s");
        line("Multicast snooping", bridge.getMulticastSnooping() ? "on" : "off");
        line("Group forward mask", Integer.toString(bridge.getGroupForwardMask()));
        line("MTU", Integer.toString(bridge.getMtu()));
        line("Stations", Integer.toString(bridge.getStations()));
        for (BridgePort port : bridge.getPortsList()) {
            port(port);
        }
        for (VlanCounters vlan : bridge.getVlansList()) {
            line(
                    "VLAN " + vlan.getVlan(),
                    vlan.getFrames() + " frames, " + vlan.getBytes() + " bytes in");
        }
    }

    private void port(BridgePort port) {
        line("Port", port.getName() + " (" + port.getKind() + ")");
        line("  Device", port.getDevice() + " " + port.getNetns());
        line("  Network", port.getNetwork());
        line("  Mac", port.getMac());
        line("  Address", port.getLeasedAddress());
        line(
                "  VLANs",
                "PVID "
                        + port.getPvid()
                        + ", untagged "
                        + port.getUntagged()
                        + (port.getTagged().isEmpty() ? "" : ", tagged " + port.getTagged()));
        line("  Spoof guard", port.getSpoofGuard());
        line("  Isolated", port.getIsolated() ? "yes" : "");
        line("  Hairpin", port.getHairpin() ? "yes" : "");
        line(
                "  Frames",
                port.getCounters().getGuestFrames()
                        + " in, "
                        + port.getCounters().getToGuestFrames()
                        + " out, "
                        + port.getLearned()
                        + " stations");
        port.getCounters()
                .getVerdictsList()
                .forEach(
                        count ->
                                line(
                                        "  " + count.getVerdict(),
                                        count.getFrames() + ": " + count.getMeaning()));
        line("  Withheld", port.getWithheld() == 0 ? "" : Long.toString(port.getWithheld()));
        line("  Unlearned", port.getUnlearned() == 0 ? "" : Long.toString(port.getUnlearned()));
    }

    /** Nothing where there is nothing to say. */
    private void line(String head, String words) {
        if (!words.isBlank()) {
            out.printf("%-22s %s%n", head + ":", words.strip());
        }
    }
}
