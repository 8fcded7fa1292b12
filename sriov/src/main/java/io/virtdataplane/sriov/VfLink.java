package io.virtdataplane.sriov;

import java.util.List;
import java.util.Map;

/**
 * The attributes that a PF's driver keeps for each of its VFs. {@link RtnetlinkVfLink} asks the
 * kernel; tests record.
 */
public interface VfLink {
    /** Of all VFs of a PF, by number. */
    Map<Integer, VfAttributes> read(String pf);

    /** Alternative names of a network device (IFLA_ALT_IFNAME); none where it has gone. */
    default List<String> altNames(String device) {
        return List.of();
    }

    /** Throws where the driver refuses, naming PF, VF and attribute. */
    void set(String pf, int vf, VfSetting setting);

    default VfAttributes read(String pf, int vf) {
        VfAttributes attributes = read(pf).get(vf);
        if (attributes == null) {
            throw new SriovException(
                    "VF must be one that the PF's driver knows: pf=" + pf + " vf=" + vf);
        }
        return attributes;
    }
}
