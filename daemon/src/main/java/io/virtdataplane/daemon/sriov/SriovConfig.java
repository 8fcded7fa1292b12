package io.virtdataplane.daemon.sriov;

import java.util.List;

/**
 * The settings below {@code sriov}.
 *
 * @param sysfs root of the device tree
 * @param proc where processes are looked up
 * @param supportedNics beside the documentation's: "VENDOR PF VF"
 * @param rootDevicesAlone a policy may select by rootDevices only
 * @param resourcePrefix of extended resources
 * @param devicePluginDirectory of the kubelet; "none": no device plugin; where it is missing, none
 *     until a kubelet makes it
 */
public record SriovConfig(
        String sysfs,
        String proc,
        List<String> supportedNics,
        boolean rootDevicesAlone,
        String resourcePrefix,
        String devicePluginDirectory) {
    static final String NO_DEVICE_PLUGIN = "none";
    public static final SriovConfig DEFAULT = new SriovConfig(null, null, null, false, null, null);

    public SriovConfig {
        sysfs = sysfs == null ? "/sys" : sysfs;
        proc = proc == null ? "/proc" : proc;
        supportedNics = supportedNics == null ? List.of() : List.copyOf(supportedNics);
        resourcePrefix = resourcePrefix == null ? "openshift.io" : resourcePrefix;
        devicePluginDirectory =
                devicePluginDirectory == null
                        ? "/var/lib/kubelet/device-plugins"
                        : devicePluginDirectory;
        if (!resourcePrefix.matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?")) {
            throw new IllegalArgumentException(
                    "resourcePrefix must be a DNS name in lower case: resourcePrefix="
                            + resourcePrefix);
        }
        new io.virtdataplane.sriov.SupportedNics(supportedNics); // refuses what it cannot read
    }
}
