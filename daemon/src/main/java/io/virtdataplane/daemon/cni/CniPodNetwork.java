package io.virtdataplane.daemon.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Tun;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Networks of the type virt-dataplane: the pod gets a tap for QEMU to open, and what is behind it
 * is a masquerade NIC on the pod's own device. For a network binding of KubeVirt with the
 * domainAttachmentType tap.
 */
final class CniPodNetwork implements CniNicType {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String LOGICAL_NAME = "logicNetworkName"; // KubeVirt's, in cni-args
    private static final String DEFAULT_NAME = "default";
    private static final String DEFAULT_TAP = "tap0"; // as KubeVirt calls that of the pod's eth0
    private static final int QEMU = 107; // KubeVirt's user without root
    private static final Set<String> STANDARD =
            Set.of(
                    "cniVersion",
                    "cniVersions",
                    "name",
                    "type",
                    "args",
                    "runtimeConfig",
                    "capabilities",
                    "prevResult",
                    "dns",
                    "ipam",
                    "disableCheck",
                    "disableGC",
                    "cni.dev/valid-attachments",
                    "cni.dev/attachments");
    private static final List<String> NETWORK_KEYS = List.of("vmNetworkCIDR", "vmIPv6NetworkCIDR");
    private static final List<String> OWN =
            List.of("uplink", "tap", "tapOwner", "multiQueue", "ports", "unlistedPolicy");

    @Override
    public CniPlan plan(CniCall call, CniConfig config, CniArguments arguments) {
        checkKeys(config);
        String tap = checkedName(device(call, config));
        int owner = config.json().path("tapOwner").asInt(QEMU);
        boolean multiQueue = config.json().path("multiQueue").asBoolean(false);
        return new CniPlan(
                () -> make(tap, owner, multiQueue),
                request(call, config, arguments, tap),
                List.of(new CniResult.Interface(tap, 0, 0, call.netns())));
    }

    private static String checkedName(String tap) {
        try {
            return NetDevice.checkName(tap);
        } catch (IllegalArgumentException e) {
            throw new CniException(
                    CniException.INVALID_CONFIG, "tap: " + e.getMessage(), "tap=" + tap);
        }
    }

    private static void make(String tap, int owner, boolean multiQueue) {
        Tun.makePersistentTap(tap, owner, multiQueue);
        NetDevice device = new NetDevice(tap);
        device.disableIpv6();
        device.up();
    }

    private static void checkKeys(CniConfig config) {
        for (Iterator<String> keys = config.json().fieldNames(); keys.hasNext(); ) {
            String key = keys.next();
            if (!STANDARD.contains(key) && !OWN.contains(key) && !NETWORK_KEYS.contains(key)) {
                List<String> known = Stream.concat(OWN.stream(), NETWORK_KEYS.stream()).toList();
                throw new CniException(
                        CniException.INVALID_CONFIG,
                        "unknown key of a virt-dataplane network: key=" + key,
                        "known are " + String.join(", ", known));
            }
        }
        if (!config.json().path("ipam").path("type").asText("").isEmpty()) {
            throw new CniException(
                    CniException.INVALID_CONFIG,
                    "ipam must be empty: the guest has the pod's own addresses");
        }
    }

    private static AttachRequest request(
            CniCall call, CniConfig config, CniArguments arguments, String tap) {
        ObjectNode nic = JSON.objectNode();
        nic.putObject("masquerade");
        JsonNode ports = config.json().path("ports");
        if (!ports.isMissingNode()) {
            nic.set("ports", ports);
        }
        String mac = mac(config, arguments);
        if (!mac.isEmpty()) {
            nic.put("macAddress", mac);
        }
        ObjectNode network = JSON.objectNode();
        ObjectNode pod = network.putObject("pod");
        for (String key : NETWORK_KEYS) {
            if (config.json().has(key)) {
                pod.set(key, config.json().get(key));
            }
        }
        String logical = config.argument(LOGICAL_NAME);
        String name = logical.isEmpty() ? DEFAULT_NAME : logical;
        NatSettings.Builder nat = NatSettings.newBuilder();
        if (config.json().has("unlistedPolicy")) {
            nat.setUnlistedPolicy(config.text("unlistedPolicy"));
        }
        return AttachRequest.newBuilder()
                .setManifest(CniMachine.manifest(call, arguments, name, nic, network))
                .setNetns(call.netns())
                .setGuest("dev:" + tap)
                .setUplink(config.text("uplink"))
                .setNat(nat)
                .setLimits(config.runtimeLimits())
                .setCni(call.attachment(config.name()))
                .build();
    }

    private static String mac(CniConfig config, CniArguments arguments) {
        return Stream.of(config.runtimeMac(), config.argument("mac"), arguments.mac())
                .filter(mac -> !mac.isEmpty())
                .findFirst()
                .orElse("");
    }

    @Override
    public String device(CniCall call, CniConfig config) {
        String tap = config.text("tap");
        return tap.isEmpty() ? DEFAULT_TAP : tap;
    }

    /** By its name it could be somebody else's. */
    @Override
    public Optional<String> halfMade(CniCall call) {
        return Optional.empty();
    }

    @Override
    public void checkStatus(CniConfig config) {
        checkKeys(config);
    }
}
