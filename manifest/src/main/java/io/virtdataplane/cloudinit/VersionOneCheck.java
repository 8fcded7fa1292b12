package io.virtdataplane.cloudinit;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Checks that network data version 1 has the structure it must have; addresses it leaves alone. */
final class VersionOneCheck {
    private static final Set<String> NAMED =
            Set.of("physical", "loopback", "infiniband", "bond", "bridge", "vlan");
    private static final Set<String> UNNAMED = Set.of("nameserver", "route");

    private VersionOneCheck() {}

    /** How many interfaces it lists. */
    static int check(Located top) {
        Located config = top.fields(Set.of("version", "config")).get("config");
        if (config == null) {
            top.lacks("config", "must be a list of devices");
            return 0;
        }
        int interfaces = 0;
        for (Located device : config.elements()) {
            interfaces += device(device) ? 1 : 0;
        }
        return interfaces;
    }

    private static boolean device(Located device) {
        Map<String, Located> fields = device.fields();
        if (!device.isMapping()) {
            return false;
        }
        if (!fields.containsKey("type")) {
            device.lacks("type", "must be given");
            return false;
        }
        String type = fields.get("type").text().orElse("");
        if (UNNAMED.contains(type)) {
            return false;
        }
        if (!NAMED.contains(type)) {
            fields.get("type")
                    .wrong(
                            "must be one of physical, loopback, infiniband, bond, bridge, vlan, nameserver, route");
            return false;
        }
        if (!fields.containsKey("name")) {
            device.lacks("name", "must be given");
        }
        Optional.ofNullable(fields.get("name")).ifPresent(Located::text);
        Optional.ofNullable(fields.get("mac_address")).ifPresent(Located::text);
        Located subnets = fields.get("subnets");
        if (subnets != null) {
            for (Located subnet : subnets.elements()) {
                if (subnet.isMapping() && !subnet.fields().containsKey("type")) {
                    subnet.lacks("type", "must be given");
                }
                if (!subnet.isMapping()) {
                    subnet.wrong("must be a mapping");
                }
            }
        }
        return type.equals("physical");
    }
}
