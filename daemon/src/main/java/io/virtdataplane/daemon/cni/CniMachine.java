package io.virtdataplane.daemon.cni;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * The manifest of a machine with one NIC that stands for a pod: what a runtime asks for comes in by
 * the same way as what users write.
 */
public final class CniMachine {
    private static final int ID = 12; // as container tools shorten one

    private CniMachine() {}

    /** What the NIC's machine is called: the pod, with its namespace unless that is "default". */
    static String name(CniCall call, CniArguments arguments) {
        if (arguments.pod().isEmpty()) {
            String id = call.containerId().toLowerCase(Locale.ROOT).replace('_', '-');
            return id.substring(0, Math.min(ID, id.length())).replaceAll("[.-]+$", "");
        }
        return name(arguments.namespace(), arguments.pod());
    }

    /** As NICs are named that the runtime asked for, by the pod that they are in. */
    public static String name(String namespace, String pod) {
        return namespace.isEmpty() || namespace.equals("default") ? pod : namespace + "." + pod;
    }

    /**
     * @param nic the interface, with its binding
     * @param network the network, without its name
     */
    static String manifest(
            CniCall call, CniArguments arguments, String name, ObjectNode nic, ObjectNode network) {
        ObjectNode machine =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("apiVersion", "kubevirt.io/v1")
                        .put("kind", "VirtualMachineInstance");
        machine.putObject("metadata").put("name", name(call, arguments));
        ObjectNode spec = machine.putObject("spec");
        spec.putObject("domain")
                .putObject("devices")
                .putArray("interfaces")
                .add(nic.put("name", name));
        spec.putArray("networks").add(network.put("name", name));
        return machine.toString();
    }
}
