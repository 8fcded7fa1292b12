package io.virtdataplane.daemon.cni;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.wire.AddressText;
import java.util.List;

/** What a plugin prints, in the form of the configuration's version. */
final class CniResult {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String NEWEST = "1.1.0";

    private CniResult() {}

    /**
     * A device of a result.
     *
     * @param mac 0: it has none that is worth telling
     * @param sandbox the namespace's path; empty: not in the container
     * @param pciId address of a PCI device; empty: it is none
     */
    record Interface(String name, long mac, int mtu, String sandbox, String pciId) {
        Interface(String name, long mac, int mtu, String sandbox) {
            this(name, mac, mtu, sandbox, "");
        }
    }

    /** Of a plugin that others go before: what they have told, and then its own. */
    static String of(CniConfig config, List<Interface> interfaces) {
        String version = config.version();
        ObjectNode result =
                config.hasPrevResult()
                        ? ((ObjectNode) config.json().get("prevResult")).deepCopy()
                        : JSON.objectNode();
        result.put("cniVersion", version);
        ArrayNode list = result.withArray("interfaces");
        for (Interface each : interfaces) {
            ObjectNode item = list.addObject().put("name", each.name());
            if (each.mac() != 0) {
                item.put("mac", AddressText.mac(each.mac()));
            }
            if (each.mtu() != 0 && version.equals(NEWEST)) {
                item.put("mtu", each.mtu());
            }
            if (!each.sandbox().isEmpty()) {
                item.put("sandbox", each.sandbox());
            }
            if (!each.pciId().isEmpty() && version.equals(NEWEST)) {
                item.put("pciID", each.pciId());
            }
        }
        result.withObject("dns");
        return result.toString();
    }

    static String versions() {
        ObjectNode result = JSON.objectNode().put("cniVersion", CniRules.VERSIONS.getLast());
        ArrayNode list = result.putArray("supportedVersions");
        CniRules.VERSIONS.forEach(list::add);
        return result.toString();
    }

    static String error(String version, CniException e) {
        ObjectNode error =
                JSON.objectNode()
                        .put("cniVersion", version)
                        .put("code", e.code())
                        .put("msg", e.getMessage());
        if (!e.details().isEmpty()) {
            error.put("details", e.details());
        }
        return error.toString();
    }
}
