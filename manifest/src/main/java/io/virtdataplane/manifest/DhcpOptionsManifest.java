package io.virtdataplane.manifest;

import io.virtdataplane.dhcp.CustomOptions;
import io.virtdataplane.dhcp.Route;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads an interface's {@code dhcpOptions}; rules and words follow KubeVirt's admission. */
final class DhcpOptionsManifest {
    private static final int ROUTES = 121;
    private static final int FIRST_PRIVATE = 224;
    private static final int LAST_PRIVATE = 254;
    private static final int LONGEST = 255;

    private DhcpOptionsManifest() {}

    static CustomOptions read(Fields candidate) {
        Fields options = candidate.object("dhcpOptions");
        if (options.isMissing()) {
            return CustomOptions.NONE;
        }
        options.check(MachineFields.DHCP_OPTIONS);
        return new CustomOptions(
                ntpServers(options),
                text(options, "tftpServerName"),
                text(options, "bootFileName"),
                routes(options),
                privateOptions(options));
    }

    private static List<Integer> ntpServers(Fields options) {
        List<Integer> servers = new ArrayList<>();
        for (String text : options.texts("ntpServers")) {
            try {
                servers.add(AddressText.ipv4(text));
            } catch (IllegalArgumentException e) {
                throw options.error("ntpServers", "must be IPv4 addresses", text);
            }
        }
        return servers;
    }

    private static String text(Fields options, String name) {
        String value = options.text(name, "");
        if (value.length() > LONGEST) {
            throw options.error(name, "must be at most 255 characters", value);
        }
        return value;
    }

    /** Option 121 has a structure: its value is read as routes. */
    private static List<Route> routes(Fields options) {
        for (Fields entry : options.list("privateOptions")) {
            if (entry.number("option", 0) == ROUTES) {
                String value = text(entry, "value");
                try {
                    return Route.parse(value);
                } catch (IllegalArgumentException e) {
                    throw new InvalidManifestException(entry.path() + ".value " + e.getMessage());
                }
            }
        }
        return List.of();
    }

    private static Map<Integer, String> privateOptions(Fields options) {
        Map<Integer, String> values = new TreeMap<>();
        for (Fields entry : options.list("privateOptions")) {
            entry.check(MachineFields.PRIVATE_OPTION);
            long code = entry.number("option", 0);
            if (code != ROUTES && (code < FIRST_PRIVATE || code > LAST_PRIVATE)) {
                throw entry.error("option", "must be 121 or 224-254", code);
            }
            String value = text(entry, "value");
            if (values.put((int) code, value) != null) {
                throw entry.error("option", "must be unique among private options", code);
            }
        }
        values.remove(ROUTES);
        return values;
    }
}
