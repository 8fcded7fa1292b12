package io.virtdataplane.daemon.sriov;

import io.virtdataplane.sriov.SupportedNics;
import java.nio.file.Path;
import java.util.List;

/** The settings of SR-IOV, checked. */
public record SriovConfig(Trees trees, Cards cards, Offer offer) {
    public static final SriovConfig DEFAULT =
            new SriovConfig(
                    new Trees("/sys", "/proc"),
                    new Cards(List.of(), false),
                    new Offer("openshift.io", "/var/lib/kubelet/device-plugins"));

    /**
     * Where the kernel tells.
     *
     * @param sysfs root of the device tree
     * @param proc where processes are looked up
     */
    public record Trees(String sysfs, String proc) {}

    /**
     * Which cards are configured.
     *
     * @param supported beside the documentation's: "VENDOR PF VF"
     * @param rootDevicesAlone a policy may select by rootDevices only
     */
    public record Cards(List<String> supported, boolean rootDevicesAlone) {
        public Cards {
            supported = List.copyOf(supported);
            new SupportedNics(supported); // refuses what it cannot read
        }
    }

    /**
     * What the kubelet is offered.
     *
     * @param resourcePrefix of extended resources
     * @param devicePlugins directory of the kubelet; "none": no device plugin; where it is missing,
     *     none until a kubelet makes it
     * @param deviceInfo where Multus looks for what a device plugin says of its devices
     */
    public record Offer(String resourcePrefix, String devicePlugins, String deviceInfo) {
        private static final String NOTHING = "none";
        private static final String DEVICE_INFO = "/var/run/k8s.cni.cncf.io/devinfo/dp";

        /** With files about devices where the specification has them. */
        public Offer(String resourcePrefix, String devicePlugins) {
            this(resourcePrefix, devicePlugins, DEVICE_INFO);
        }

        public Offer {
            if (!resourcePrefix.matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?")) {
                throw new IllegalArgumentException(
                        "resourcePrefix must be a DNS name in lower case: resourcePrefix="
                                + resourcePrefix);
            }
        }

        public boolean isOn() {
            return !devicePlugins.equals(NOTHING);
        }

        public Path directory() {
            return Path.of(devicePlugins);
        }
    }

    /** The same where processes are looked up elsewhere. */
    public SriovConfig withProc(Path proc) {
        return new SriovConfig(new Trees(trees.sysfs(), proc.toString()), cards, offer);
    }

    /** The same with another directory of the kubelet, or "none". */
    public SriovConfig withDevicePlugins(String directory) {
        return new SriovConfig(
                trees, cards, new Offer(offer.resourcePrefix(), directory, offer.deviceInfo()));
    }

    /** The same with files about devices elsewhere. */
    public SriovConfig withDeviceInfo(Path directory) {
        return new SriovConfig(
                trees,
                cards,
                new Offer(offer.resourcePrefix(), offer.devicePlugins(), directory.toString()));
    }
}
