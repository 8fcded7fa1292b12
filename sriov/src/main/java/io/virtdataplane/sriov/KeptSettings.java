package io.virtdataplane.sriov;

import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The settings that a VF had before its attachment, as fields of its allocation file: only those
 * that the attachment changes, and always the MAC address.
 */
final class KeptSettings {
    private KeptSettings() {}

    /** What the VF has now in place of each setting to come. */
    static Map<String, String> of(List<VfSetting> coming, VfAttributes now) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("mac", AddressText.mac(now.mac()));
        for (VfSetting setting : coming) {
            switch (setting) {
                case VfSetting.Mac mac -> {
                    // always kept
                }
                case VfSetting.Vlan vlan ->
                        fields.put(
                                "vlan",
                                now.vlan().id()
                                        + "/"
                                        + now.vlan().qos()
                                        + "/"
                                        + now.vlan().protocol());
                case VfSetting.Rate rate ->
                        fields.put("rate", now.rate().minimum() + "/" + now.rate().maximum());
                case VfSetting.SpoofCheck check -> keep(fields, "spoofchk", now.spoofCheck());
                case VfSetting.Trust trust -> keep(fields, "trust", now.trust());
                case VfSetting.LinkState link ->
                        fields.put("linkState", now.linkState().state().name());
            }
        }
        return fields;
    }

    private static void keep(Map<String, String> fields, String name, VfSetting.Switch value) {
        if (value != VfSetting.Switch.UNKNOWN) {
            fields.put(name, value.toString());
        }
    }

    static List<VfSetting> read(Map<String, String> fields) {
        List<VfSetting> settings = new ArrayList<>();
        fields.forEach(
                (name, value) -> {
                    String[] parts = value.split("/");
                    switch (name) {
                        case "mac" -> settings.add(new VfSetting.Mac(AddressText.mac(value)));
                        case "vlan" ->
                                settings.add(
                                        new VfSetting.Vlan(
                                                Integer.parseInt(parts[0]),
                                                Integer.parseInt(parts[1]),
                                                VfSetting.VlanProtocol.of(parts[2])));
                        case "rate" ->
                                settings.add(
                                        new VfSetting.Rate(
                                                Integer.parseInt(parts[0]),
                                                Integer.parseInt(parts[1])));
                        case "spoofchk" ->
                                settings.add(new VfSetting.SpoofCheck(value.equals("on")));
                        case "trust" -> settings.add(new VfSetting.Trust(value.equals("on")));
                        case "linkState" -> settings.add(VfSetting.LinkState.of(value));
                        default -> {
                            // owner, PF and VF
                        }
                    }
                });
        return settings;
    }
}
