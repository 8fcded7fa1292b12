package io.virtdataplane.manifest;

import io.virtdataplane.manifest.CniBridge.Flag;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

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
    private static final Set<String> BRIDGE =
            Set.of(
                    "bridge",
                    "isGateway",
                    "isDefaultGateway",
                    "forceAddress",
                    "ipMasq",
                    "ipMasqBackend",
                    "mtu",
                    "hairpinMode",
                    "promiscMode",
                    "vlan",
                    "vlanTrunk",
                    "preserveDefaultVlan",
                    "macspoofchk",
                    "enabledad",
                    "disableContainerInterface",
                    "portIsolation",
                    "ipam",
                    "mac");
    private static final Set<String> TUNING = Set.of("mac", "mtu", "sysctl", "promisc", "allmulti");
    private static final Set<String> TRUNK = Set.of("id", "minID", "maxID");

    private CniBridgeConfig() {}

    static CniBridge bridge(Fields given) {
        Fields config = given.inEitherCase(BRIDGE);
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
                mac(config));
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
        Fields config = given.inEitherCase(TUNING);
        String reason = "must not be given: a guest's NIC has no device in the kernel";
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
            config.flag(name);
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
                "must be empty: a virtual machine does not get its address by IPAM",
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
            Fields entry = given.inEitherCase(TRUNK);
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

    private static long mac(Fields config) {
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
