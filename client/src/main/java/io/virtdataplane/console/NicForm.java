package io.virtdataplane.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.AttachVfRequest;
import io.virtdataplane.api.Nic;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The form of a network interface: checks its fields and makes the request that attaches it.
 *
 * @param network "pod", or NAMESPACE/NAME of a NetworkAttachmentDefinition
 * @param mac empty: chosen by others
 * @param netns of the pod
 * @param guest device of the guest in it, as in AttachRequest
 */
record NicForm(
        String machine,
        String name,
        String model,
        String network,
        String mac,
        String netns,
        String guest) {
    private static final String POD = "pod";
    private static final String SRIOV = "sriov";
    private static final Pattern NETWORK = Pattern.compile("[a-z0-9.-]{1,253}/[a-z0-9.-]{1,253}");
    private static final Pattern MAC = Pattern.compile("[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}");
    private static final Pattern MACHINE = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final Pattern GUEST = Pattern.compile("(tap|dev):[^/\\s:]{1,15}");
    private static final int LONGEST_PATH = 4095;

    static NicForm of(JsonNode body) {
        return new NicForm(
                Rules.text(body, "machine"),
                Rules.text(body, "name"),
                Rules.text(body, "model"),
                Rules.text(body, "network"),
                Rules.text(body, "mac"),
                Rules.text(body, "netns"),
                Rules.text(body, "guest"));
    }

    /**
     * What is attached to the pod network or to a bridge; the first wrong field is refused.
     *
     * @param attached all NICs of the node
     */
    AttachRequest request(List<Nic> attached) {
        List<Nic> own = attached.stream().filter(one -> one.getMachine().equals(machine)).toList();
        checkName(own.stream().map(Nic::getInterface).toList());
        Rules.check(
                model.equals("virtio") || model.equals("e1000e"),
                "model",
                "Model must be virtio or e1000e.");
        boolean isPod = network.equals(POD);
        Rules.check(
                isPod || NETWORK.matcher(network).matches(),
                "network",
                "Network must be chosen; type namespace/network-name to use a different network.");
        Rules.check(
                !isPod || own.stream().noneMatch(one -> one.getBridge().isEmpty()),
                "network",
                "Network must be another one: " + machine + " is on the pod network already.");
        checkMac();
        Rules.check(
                !netns.isEmpty() && netns.length() <= LONGEST_PATH,
                "netns",
                "Network namespace must be a name or a path.");
        Rules.check(
                GUEST.matcher(guest).matches(),
                "guest",
                "Guest device must be tap:NAME (is made) or dev:NAME (exists).");
        return AttachRequest.newBuilder()
                .setManifest(Rules.yaml(machineManifest(isPod ? "masquerade" : "bridge")))
                .setNetns(netns)
                .setGuest(guest)
                .setInterface(name)
                .build();
    }

    /**
     * The same on a network of type SR-IOV: a virtual function (VF) has neither a device in the pod
     * nor a model.
     *
     * @param taken names of the machine's network interfaces
     */
    AttachVfRequest vfRequest(List<String> taken) {
        checkName(taken);
        checkMac();
        return AttachVfRequest.newBuilder()
                .setManifest(Rules.yaml(machineManifest(SRIOV)))
                .setName(machine)
                .build();
    }

    private void checkName(List<String> taken) {
        Rules.check(MACHINE.matcher(machine).matches(), "machine", "Machine must be a name.");
        Rules.label("name", "Name", name);
        Rules.check(
                !taken.contains(name),
                "name",
                "Name must be unique: " + machine + " has a network interface of this name.");
    }

    private void checkMac() {
        Rules.check(
                mac.isEmpty() || MAC.matcher(mac).matches(),
                "mac",
                "MAC address must have six octets, such as 02:00:00:00:00:01, or be empty.");
    }

    private ObjectNode machineManifest(String binding) {
        ObjectNode object =
                Json.object()
                        .put("apiVersion", "kubevirt.io/v1")
                        .put("kind", "VirtualMachineInstance");
        object.putObject("metadata").put("name", machine);
        ObjectNode spec = object.putObject("spec");
        ObjectNode nic =
                spec.putObject("domain")
                        .putObject("devices")
                        .putArray("interfaces")
                        .addObject()
                        .put("name", name);
        if (!binding.equals(SRIOV)) {
            nic.put("model", model);
        }
        if (!mac.isEmpty()) {
            nic.put("macAddress", mac.replace('-', ':'));
        }
        nic.putObject(binding);
        ObjectNode source = spec.putArray("networks").addObject().put("name", name);
        if (network.equals(POD)) {
            source.putObject(POD);
        } else {
            source.putObject("multus").put("networkName", network);
        }
        return object;
    }

    /** The daemon's answer to it, with the form's names of fields. */
    static Refusal refusal(StatusRuntimeException e) {
        Refusal refusal = Refusal.of(e);
        String path = refusal.field();
        String field =
                switch (path.substring(path.lastIndexOf('.') + 1)) {
                    case "macAddress" -> "mac";
                    case "networkName", "network" -> "network";
                    case "model" -> "model";
                    case "netns" -> "netns";
                    case "guest" -> "guest";
                    case "name" -> "name";
                    default -> "";
                };
        return new Refusal(refusal.code(), field, refusal.getMessage());
    }
}
