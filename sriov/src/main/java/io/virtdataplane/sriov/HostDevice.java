package io.virtdataplane.sriov;

/** A VF as a hostdev element of libvirt's domain XML, as KubeVirt makes it. */
public final class HostDevice {
    private HostDevice() {}

    /**
     * @param address of the VF, such as 0000:65:02.0
     * @param interfaceName of the guest; the alias lets a later detach find the device
     */
    public static String xml(String address, String interfaceName) {
        String[] parts = address.split("[:.]");
        return """
                <hostdev mode="subsystem" type="pci" managed="no">
                  <source>
                    <address type="pci" domain="0x%s" bus="0x%s" slot="0x%s" function="0x%s"/>
                  </source>
                  <alias name="ua-sriov-%s"/>
                </hostdev>
                """
                .formatted(parts[0], parts[1], parts[2], parts[3], interfaceName);
    }
}
