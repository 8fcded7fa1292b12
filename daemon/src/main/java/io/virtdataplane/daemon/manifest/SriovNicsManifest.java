package io.virtdataplane.daemon.manifest;

import io.virtdataplane.sriov.MacText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads the sriov interfaces of a VirtualMachine or VirtualMachineInstance, in the order of the
 * manifest. Other interfaces are other readers'.
 */
public final class SriovNicsManifest {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,63}");
    private static final long GROUP = 0x0100_0000_0000L;

    private SriovNicsManifest() {}

    /** At least one. */
    public static List<SriovNic> parse(String manifest) {
        Fields root = new Fields(YamlTree.parse(manifest), "");
        String kind = root.text("kind", "");
        if (!kind.equals("VirtualMachine") && !kind.equals("VirtualMachineInstance")) {
            throw root.error("kind", "must be VirtualMachine or VirtualMachineInstance", kind);
        }
        Fields metadata = root.object("metadata");
        String machine = metadata.text("name", "");
        if (!machine.isEmpty()) {
            SriovObject.dns(metadata, "name", machine);
        }
        Fields spec = root.object("spec");
        if (spec.has("template")) {
            spec = spec.object("template").object("spec");
        }
        Map<String, String> networkByName = networks(spec, metadata.text("namespace", "default"));
        List<SriovNic> nics = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Fields candidate : spec.object("domain").object("devices").list("interfaces")) {
            if (candidate.has("sriov")) {
                SriovNic nic = nic(machine, candidate, networkByName);
                if (!names.add(nic.interfaceName())) {
                    throw candidate.error(
                            "name", "must be unique among interfaces", nic.interfaceName());
                }
                nics.add(nic);
            }
        }
        if (nics.isEmpty()) {
            throw new InvalidManifestException(
                    spec.path()
                            + ".domain.devices.interfaces must have an interface with the sriov binding: count=0");
        }
        return nics;
    }

    private static Map<String, String> networks(Fields spec, String namespace) {
        Map<String, String> networkByName = new HashMap<>();
        for (Fields network : spec.list("networks")) {
            String name = network.object("multus").text("networkName", "");
            if (!name.isEmpty()) {
                networkByName.put(
                        network.text("name", ""),
                        name.contains("/") ? name : namespace + "/" + name);
            }
        }
        return networkByName;
    }

    private static SriovNic nic(
            String machine, Fields candidate, Map<String, String> networkByName) {
        candidate.object("sriov").allowOnly(Set.of());
        String name = candidate.text("name", "");
        if (!NAME.matcher(name).matches()) {
            throw candidate.error("name", "must be letters, digits, hyphens and underscores", name);
        }
        String network = networkByName.get(name);
        if (network == null) {
            throw candidate.error("name", "must be the name of a multus network", name);
        }
        return new SriovNic(machine, name, network, mac(candidate));
    }

    private static long mac(Fields candidate) {
        String text = candidate.text("macAddress", "");
        if (text.isEmpty()) {
            return 0;
        }
        long mac = text.matches("[0-9a-fA-F:-]{17}") ? MacText.parse(text) : GROUP;
        if (mac == 0 || (mac & GROUP) != 0) {
            throw candidate.error(
                    "macAddress", "must be a station's address such as 02:00:00:00:00:01", text);
        }
        return mac;
    }
}
