package io.virtdataplane.manifest;

import io.virtdataplane.manifest.CniBridge.Flag;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Reads the configuration of the CNI plugins bridge and tuning. Keys, defaults and the words of
 * refusals are the plugins': keys match in either case, unknown ones are passed over.
 */
final class CniBridgeConfig {
    private static final Map<Flag, String> KEY_BY_FLAG =
            Map.of(
                    Flag.HAIRPIN_MODE, "hairpinMode",
                    Flag.PROMISC_MODE, "promiscMode",
                    Flag.MACSPOOFCHK, "macspoofchk",
                    Flag.ENABLEDAD, "enabledad",
                    Flag.DISABLE_CONTAINER_INTERFACE, "disableContainerInterface",
                    Flag.PORT_ISOLATION, "portIsolation");
    private static final int LEAST_MTU = 68;

    private CniBridgeConfig() {}

    static CniBridge bridge(Fields given) {
        Fields config = known(given, NetworkDefinitionFields.BRIDGE, "bridge");
        Set<Flag> flags = flags(config);
        if (flags.contains(Flag.HAIRPIN_MODE) && flags.contains(Flag.PROMISC_MODE)) {
            throw refusal(config, "cannot set hairpin mode and promiscuous mode at the same time");
        }
        checkNoAddresses(config, flags.contains(Flag.DISABLE_CONTAINER_INTERFACE));
        return new CniBridge(
                DeviceName.read(config, "bridge", "cni0"),
                new CniBridge.Vlans(
                        vlan(config), trunk(config), flag(config, "preserveDefaultVlan", true)),
                flags,
                mtu(config),
                mac(config, given));
    }

    /** Keys match in either case; others are passed over as the plugin does, but not silently. */
    private static Fields known(Fields given, Set<String> keys, String plugin) {
        for (String key : given.names()) {
            boolean isKnown =
                    Stream.concat(keys.stream(), NetworkDefinitionFields.COMMON.stream())
                            .anyMatch(key::equalsIgnoreCase);
            if (!isKnown) {
                String nearest = Nearest.of(key, keys).map(word -> ": nearest=" + word).orElse("");
                given.warn(key, "is ignored: it is not a key of the plugin " + plugin + nearest);
            }
        }
        return given.inEitherCase(keys);
    }

    private static Set<Flag> flags(Fields config) {
        Set<Flag> flags = EnumSet.noneOf(Flag.class);
        KEY_BY_FLAG.forEach(
                (flag, key) -> {
                    if (flag(config, key, false)) {
                        flags.add(flag);
                    }
                });
        return flags;
    }

    /** What a tuning plugin makes of a bridge's port. */
    static CniBridge tuning(Fields given, CniBridge bridge) {
        Fields config = known(given, NetworkDefinitionFields.TUNING, "tuning");
        String reason =
                "must not be given: a guest's NIC has no device in the kernel (set it in the guest)";
        if (!config.object("sysctl").isEmpty()) {
            throw config.error("sysctl", reason, "{...}");
        }
        for (String name : List.of("promisc", "allmulti")) {
            if (flag(config, name, false)) {
                throw config.error(name, reason, true);
            }
        }
        return bridge.tuned(mac(config), mtu(config));
    }

    /** Gateways and masquerading need addresses, so without IPAM these keys do nothing. */
    private static void checkNoAddresses(Fields config, boolean isDisabled) {
        for (String name : List.of("isGateway", "isDefaultGateway", "forceAddress", "ipMasq")) {
            if (config.flag(name).orElse(false)) {
                config.warn(name, "is ignored: a bridge's port has no address");
            }
        }
        config.text("ipMasqBackend", "");
        Fields ipam = config.object("ipam");
        boolean isLayer2 =
                ipam.isEmpty() || ipam.hasOnly("type") && ipam.text("type", "").isEmpty();
        if (isLayer2) {
            return;
        }
        if (isDisabled) {
            throw refusal(config, "cannot use IPAM when DisableContainerInterface flag is set");
        }
        throw config.error(
                "ipam",
                "must be empty: a virtual machine does not get its address by IPAM (give it by cloud-init, or by the annotations dhcp.virtdataplane.io/ of this definition)",
                ipam.text("type", "{...}"));
    }

    private static int vlan(Fields config) {
        long vlan = config.number("vlan", 0);
        if (vlan < 0 || vlan > VlanRange.MOST) {
            throw refusal(config, "invalid VLAN ID " + vlan + " (must be between 0 and 4094)");
        }
        return (int) vlan;
    }

    private static List<VlanRange> trunk(Fields config) {
        BitSet ids = new BitSet();
        for (Fields given : config.list("vlanTrunk")) {
            Fields entry = given.inEitherCase(NetworkDefinitionFields.TRUNK);
            boolean hasMin = entry.isGiven("minID");
            if (hasMin != entry.isGiven("maxID")) {
                throw refusal(
                        entry,
                        "minID and maxID should be configured simultaneously, "
                                + (hasMin ? "maxID" : "minID")
                                + " is missing");
            }
            if (hasMin) {
                int min = trunkId(entry, "minID");
                int max = trunkId(entry, "maxID");
                if (min > max) {
                    throw refusal(entry, "minID is greater than maxID in trunk parameter");
                }
                ids.set(min, max + 1);
            }
            if (entry.isGiven("id")) {
                ids.set(trunkId(entry, "id"));
            }
        }
        return VlanRange.of(ids);
    }

    private static int trunkId(Fields entry, String name) {
        long id = entry.number(name, 0);
        if (id < VlanRange.LEAST || id > VlanRange.MOST) {
            throw refusal(entry, "incorrect trunk " + name + " parameter");
        }
        return (int) id;
    }

    private static int mtu(Fields config) {
        long mtu = config.number("mtu", 0);
        if (mtu != 0 && (mtu < LEAST_MTU || mtu > 65_535)) {
            throw config.error("mtu", "must be 68-65535, or 0 for the MTU of the bridge", mtu);
        }
        return (int) mtu;
    }

    /** Of the places where the plugin finds one, the last counts. */
    private static long mac(Fields config, Fields given) {
        long runtime = mac(given.object("runtimeConfig"));
        long arguments = mac(given.object("args").object("cni"));
        return runtime != 0 ? runtime : arguments != 0 ? arguments : mac(config);
    }

    static long mac(Fields config) {
        OptionalLong mac = config.mac("mac");
        if (mac.isPresent() && (mac.getAsLong() == 0 || (mac.getAsLong() & 1L << 40) != 0)) {
            throw config.error("mac", "must be a unicast MAC address", config.text("mac", ""));
        }
        return mac.orElse(0);
    }

    private static boolean flag(Fields config, String name, boolean otherwise) {
        return config.flag(name).orElse(otherwise);
    }

    private static InvalidManifestException refusal(Fields at, String words) {
        return new InvalidManifestException(at.path() + ": " + words);
    }
}
