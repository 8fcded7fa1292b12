package io.virtdataplane.daemon.sriov;

import io.virtdataplane.sriov.SriovException;
import io.virtdataplane.sriov.VfAttributes;
import io.virtdataplane.sriov.VfLink;
import io.virtdataplane.sriov.VfSetting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A sysfs tree with one card whose VFs are there and bound to vfio-pci: in line with a policy that
 * asks for as many, so that nothing is written. Attributes of VFs are kept and noted.
 */
public final class CardInTree implements VfLink {
    public static final String PF = "0000:02:00.0";
    public final Path root;
    final ConcurrentLinkedQueue<String> settings = new ConcurrentLinkedQueue<>();
    private volatile int deafVf = -1;
    private final Map<Integer, Long> macByVf = new ConcurrentHashMap<>();
    private final Map<Integer, VfSetting.Vlan> vlanByVf = new ConcurrentHashMap<>();
    private final int vfs;

    public CardInTree(Path root, int vfs) {
        this.root = root;
        this.vfs = vfs;
        put(PF + "/vendor", "0x8086");
        put(PF + "/device", "0x158b");
        put(PF + "/sriov_totalvfs", "8");
        put(PF + "/sriov_numvfs", Integer.toString(vfs));
        put(PF + "/numa_node", "0");
        put(PF + "/net/ens1f0/mtu", "1500");
        put(PF + "/net/ens1f0/flags", "0x1003");
        put(PF + "/net/ens1f0/type", "1");
        put(PF + "/net/ens1f0/speed", "25000");
        put(PF + "/net/ens1f0/address", "3c:fd:fe:00:00:01");
        for (int i = 0; i < vfs; i++) {
            put(vf(i) + "/vendor", "0x8086");
            put(vf(i) + "/device", "0x154c");
            put(vf(i) + "/numa_node", Integer.toString(i / 2)); // two on each node
            link(PF + "/virtfn" + i, "bus/pci/devices/" + vf(i));
            link(vf(i) + "/driver", "bus/pci/drivers/vfio-pci");
            link(vf(i) + "/iommu_group", "kernel/iommu_groups/" + (40 + i));
            macByVf.put(i, 0x0200_0000_0000L + i);
        }
    }

    /** The driver refuses all that is set of this VF; -1: of none. */
    public void deaf(int vf) {
        deafVf = vf;
    }

    public static String vf(int index) {
        return "0000:02:02." + index;
    }

    public void put(String path, String value) {
        Path file = root.resolve("bus/pci/devices").resolve(path);
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, value + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void link(String path, String target) {
        try {
            Files.createDirectories(root.resolve(target));
            Files.createSymbolicLink(
                    root.resolve("bus/pci/devices").resolve(path), root.resolve(target));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Map<Integer, VfAttributes> read(String pf) {
        Map<Integer, VfAttributes> attributesByVf = new ConcurrentHashMap<>();
        for (int i = 0; i < vfs; i++) {
            attributesByVf.put(
                    i,
                    new VfAttributes(
                            macByVf.get(i),
                            vlanByVf.getOrDefault(
                                    i, new VfSetting.Vlan(0, 0, VfSetting.VlanProtocol.DOT1Q)),
                            new VfSetting.Rate(0, 0),
                            new VfAttributes.Switches(
                                    VfSetting.Switch.UNKNOWN,
                                    VfSetting.Switch.UNKNOWN,
                                    VfSetting.LinkState.of("auto"))));
        }
        return attributesByVf;
    }

    @Override
    public List<String> altNames(String device) {
        return List.of("enp2s0f0");
    }

    @Override
    public void set(String pf, int vf, VfSetting setting) {
        if (vf == deafVf) {
            throw new SriovException("refused: vf=" + vf + " " + setting);
        }
        settings.add(pf + " vf " + vf + " " + setting);
        if (setting instanceof VfSetting.Mac mac) {
            macByVf.put(vf, mac.address());
        }
        if (setting instanceof VfSetting.Vlan vlan) {
            vlanByVf.put(vf, vlan);
        }
    }
}
