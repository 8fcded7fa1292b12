package io.virtdataplane.daemon.cni;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.network.OpenPort;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.manifest.CniBridge;
import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.manifest.NetworkDefinitionManifest;
import io.virtdataplane.sys.Links;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.wire.AddressText;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;

/**
 * Networks of the types cnv-bridge and bridge: the pod gets one end of a veth, and the other end is
 * a port of our bridge. Both ends are in the pod's namespace, so that they end with it whatever
 * becomes of us.
 */
final class CniBridgeNetwork implements CniNicType {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final long LOCAL = 0x0200_0000_0000L; // IEEE 802: locally administered
    private static final long UNICAST_MASK = 0xfcff_ffff_ffffL;
    private static final int DEFAULT_MTU = 1500;
    private static final String OWN_NAME = "cni"; // of a definition that came with a call
    private final Bridges bridges;

    CniBridgeNetwork(Bridges bridges) {
        this.bridges = bridges;
    }

    @Override
    public CniPlan plan(CniCall call, CniConfig config, CniArguments arguments) {
        String definition = definition(config, arguments);
        CniBridge bridge;
        try {
            bridge = NetworkDefinitionManifest.parse(definition).bridge();
        } catch (InvalidManifestException e) {
            throw new CniException(CniException.INVALID_CONFIG, e.getMessage());
        }
        long mac = bridge.mac() == 0 ? RANDOM.nextLong() & UNICAST_MASK | LOCAL : bridge.mac();
        checkFree(bridge, mac);
        int mtu = bridge.mtu() == 0 ? bridgeMtu(bridge.bridge()) : bridge.mtu();
        Links.End inner = new Links.End(call.ifname(), mac);
        Links.End outer = new Links.End(portName(call), RANDOM.nextLong() & UNICAST_MASK | LOCAL);
        boolean up = !bridge.disableContainerInterface();
        return new CniPlan(
                () -> make(inner, outer, mtu, up),
                request(call, config, arguments, mac, outer.name(), definition),
                List.of(
                        new CniResult.Interface(bridge.bridge(), 0, 0, ""),
                        new CniResult.Interface(outer.name(), outer.mac(), mtu, ""),
                        new CniResult.Interface(inner.name(), mac, mtu, call.netns())));
    }

    /** Of a pod that is going the address becomes free soon. */
    private void checkFree(CniBridge wanted, long mac) {
        int vlan = Math.max(1, wanted.vlan());
        String bridge = wanted.bridge();
        bridges.look(
                        bridge,
                        open ->
                                open.ports().stream()
                                        .filter(port -> port.spec().guard().mac() == mac)
                                        .filter(port -> port.policy().vlans().pvid() == vlan)
                                        .map(OpenPort::name)
                                        .findFirst())
                .ifPresent(
                        holder -> {
                            throw new CniException(
                                    CniException.TRY_AGAIN,
                                    "MAC address is in use on this bridge: mac="
                                            + AddressText.mac(mac),
                                    "bridge=" + bridge + " nic=" + holder);
                        });
    }

    private static void make(Links.End inner, Links.End outer, int mtu, boolean up) {
        Links.addVeth(inner, outer, mtu);
        NetDevice port = new NetDevice(outer.name());
        port.disableIpv6();
        port.up();
        if (up) {
            new NetDevice(inner.name()).up();
        }
    }

    private static AttachRequest request(
            CniCall call,
            CniConfig config,
            CniArguments arguments,
            long mac,
            String port,
            String definition) {
        ObjectNode nic = JSON.objectNode().put("macAddress", AddressText.mac(mac));
        nic.putObject("bridge");
        ObjectNode network = JSON.objectNode();
        network.putObject("multus").put("networkName", OWN_NAME);
        return AttachRequest.newBuilder()
                .setManifest(CniMachine.manifest(call, arguments, call.ifname(), nic, network))
                .setInterface(call.ifname())
                .setNetns(call.netns())
                .setGuest("dev:" + port)
                .setDefinition(definition)
                .setLimits(config.runtimeLimits())
                .setCni(call.attachment(config.name()))
                .build();
    }

    /** Of those that give a MAC address, CNI_ARGS counts least. */
    private static String definition(CniConfig config, CniArguments arguments) {
        ObjectNode own = config.json().deepCopy();
        own.remove(List.of("prevResult", "cni.dev/valid-attachments", "cni.dev/attachments"));
        if (!arguments.mac().isEmpty()) {
            own.put("mac", arguments.mac());
        }
        ObjectNode definition =
                JSON.objectNode()
                        .put("apiVersion", "k8s.cni.cncf.io/v1")
                        .put("kind", "NetworkAttachmentDefinition");
        definition.putObject("metadata").put("name", OWN_NAME);
        definition.putObject("spec").put("config", own.toString());
        return definition.toString();
    }

    /** The same for each call about the attachment; a pod may have several. */
    private static String portName(CniCall call) {
        int hash = (call.containerId() + "/" + call.ifname()).hashCode();
        return "vdp" + Integer.toHexString(hash);
    }

    /** As the Linux bridge has it: the smallest of its ports. */
    private int bridgeMtu(String bridge) {
        return bridges.look(
                bridge,
                open -> open.ports().stream().mapToInt(OpenPort::mtu).min().orElse(DEFAULT_MTU));
    }

    @Override
    public String device(CniCall call, CniConfig config) {
        return call.ifname();
    }

    /** Its other end goes too, whatever it is called by now. */
    @Override
    public Optional<String> halfMade(CniCall call) {
        return Optional.of(portName(call));
    }

    @Override
    public void checkStatus(CniConfig config) {
        String bridge = config.text("bridge");
        try {
            bridgeMtu(bridge);
        } catch (NotFoundException e) {
            throw new CniException(
                    CniException.NOT_AVAILABLE, e.getMessage(), "apply a policy that makes it");
        }
    }
}
