package io.virtdataplane.sriov;

import io.virtdataplane.sys.Errno;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A node's sysfs in a temporary directory. It notes each write, and answers those that a kernel
 * answers by doing something: VFs come and go, drivers bind and let go. VF attributes are noted in
 * the same list, so that a test sees one order of all.
 */
final class FakeNode implements VfLink {
    static final String PF = "0000:02:00.0";
    private static final String DEVICES = "bus/pci/devices/";
    final Path root;
    final List<String> writes = new ArrayList<>();
    final Map<Integer, VfAttributes> attributesByVf = new TreeMap<>();
    final List<String> altNames = new ArrayList<>();
    private final Map<String, String> kernelDriverByVf = new HashMap<>();
    String vfDriver = "iavf";
    boolean iommu = true;
    boolean complete = true;
    boolean netdevs = true;
    int failAt = -1;
    String failure = "Input/output error";
    Predicate<VfSetting> refused = setting -> false;
    int errno = Errno.EOPNOTSUPP;

    FakeNode(Path root) {
        this.root = root;
        directory("bus/pci/devices");
        directory("bus/pci/drivers/vfio-pci");
        directory("bus/pci/drivers/iavf");
    }

    Sysfs sysfs() {
        return new Sysfs(root, this::write);
    }

    /** An Intel XXV710 on 0000:02:00.0, named ens1f0. */
    FakeNode withCard(int totalVfs) {
        return withCard(PF, "8086", "158b", "ens1f0", totalVfs);
    }

    FakeNode withCard(String address, String vendor, String device, String name, int totalVfs) {
        String pf = DEVICES + address;
        put(pf + "/vendor", "0x" + vendor);
        put(pf + "/device", "0x" + device);
        put(pf + "/sriov_totalvfs", Integer.toString(totalVfs));
        put(pf + "/sriov_numvfs", "0");
        put(pf + "/numa_node", "1");
        directory("bus/pci/drivers/i40e");
        link(pf + "/driver", "bus/pci/drivers/i40e");
        put(pf + "/net/" + name + "/mtu", "1500");
        put(pf + "/net/" + name + "/speed", "25000");
        put(pf + "/net/" + name + "/flags", "0x1002");
        put(pf + "/net/" + name + "/type", "1");
        put(pf + "/net/" + name + "/address", "3c:fd:fe:00:00:01");
        return this;
    }

    String value(String path) {
        try {
            return Files.readString(root.resolve(path)).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void put(String path, String value) {
        try {
            Files.createDirectories(root.resolve(path).getParent());
            Files.writeString(root.resolve(path), value + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(Path file, String value) throws IOException {
        String path = root.relativize(file).toString();
        int number = writes.size();
        writes.add(
                path.replace(DEVICES, "").replace("bus/pci/", "") + " " + value.replace("\0", "-"));
        if (number == failAt) {
            throw new FileSystemException(file.toString(), null, failure);
        }
        if (path.endsWith("/sriov_numvfs")) {
            count(file.getParent().getFileName().toString(), Integer.parseInt(value));
        } else if (path.endsWith("/unbind")) {
            remove(DEVICES + value + "/driver");
            remove(DEVICES + value + "/net");
        } else if (path.endsWith("/drivers_probe")) {
            bind(value, kernelDriverByVf.getOrDefault(value, vfDriver));
        } else if (path.endsWith("/vfio-pci/bind")) {
            if (!iommu || !value(DEVICES + value + "/driver_override").equals("vfio-pci")) {
                throw new FileSystemException(file.toString(), null, "No such device");
            }
            bind(value, "vfio-pci");
        } else if (!Files.exists(file)) {
            throw new java.nio.file.NoSuchFileException(file.toString());
        } else {
            put(path, value.replace("\0", ""));
        }
    }

    private void count(String pf, int count) throws IOException {
        String device = DEVICES + pf;
        int current = Integer.parseInt(value(device + "/sriov_numvfs"));
        if (count > 0 && current > 0) {
            throw new FileSystemException(pf, null, "Device or resource busy");
        }
        if (count > Integer.parseInt(value(device + "/sriov_totalvfs"))) {
            throw new FileSystemException(pf, null, "Numerical result out of range");
        }
        for (int i = 0; i < current; i++) {
            remove(device + "/virtfn" + i);
            remove(DEVICES + vf(pf, i));
            attributesByVf.remove(i);
        }
        for (int i = 0; i < (complete ? count : count - 1); i++) {
            String vf = vf(pf, i);
            put(DEVICES + vf + "/vendor", value(device + "/vendor"));
            put(DEVICES + vf + "/device", "0x154c");
            put(DEVICES + vf + "/driver_override", "");
            put(DEVICES + vf + "/numa_node", value(device + "/numa_node"));
            if (iommu) {
                directory("kernel/iommu_groups/" + (40 + i));
                link(DEVICES + vf + "/iommu_group", "kernel/iommu_groups/" + (40 + i));
            }
            link(device + "/virtfn" + i, DEVICES + vf);
            bind(vf, vfDriver);
            attributesByVf.put(i, FRESH);
        }
        put(device + "/sriov_numvfs", Integer.toString(count));
    }

    static final VfAttributes FRESH =
            new VfAttributes(
                    0,
                    new VfSetting.Vlan(0, 0, VfSetting.VlanProtocol.DOT1Q),
                    new VfSetting.Rate(0, 0),
                    new VfAttributes.Switches(
                            VfSetting.Switch.ON,
                            VfSetting.Switch.OFF,
                            VfSetting.LinkState.of("auto")));

    /** As a card numbers them: 0000:02:02.0 and on. */
    static String vf(String pf, int index) {
        return pf.replace(":00.0", ":02.") + index;
    }

    private void bind(String vf, String driver) {
        if (driver.isEmpty()) {
            return;
        }
        link(DEVICES + vf + "/driver", "bus/pci/drivers/" + driver);
        if (netdevs && !driver.equals("vfio-pci")) {
            String net = DEVICES + vf + "/net/" + vf.replaceAll("[:.]", "_");
            put(net + "/mtu", "1500");
            put(net + "/address", "02:00:00:00:00:0" + vf.substring(vf.length() - 1));
        }
    }

    private void directory(String path) {
        try {
            Files.createDirectories(root.resolve(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void link(String path, String target) {
        try {
            Files.deleteIfExists(root.resolve(path));
            Files.createSymbolicLink(root.resolve(path), root.resolve(target));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void remove(String path) throws IOException {
        Path file = root.resolve(path);
        if (Files.isSymbolicLink(file) || !Files.exists(file)) {
            Files.deleteIfExists(file);
            return;
        }
        try (Stream<Path> files = Files.walk(file)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    @Override
    public Map<Integer, VfAttributes> read(String pf) {
        mustExist(pf);
        return attributesByVf;
    }

    /** As the kernel, which knows a PF by the name that its network device has now. */
    private void mustExist(String pf) {
        Sysfs sysfs = sysfs();
        if (sysfs.names(DEVICES).stream()
                .noneMatch(address -> sysfs.exists(DEVICES + address + "/net/" + pf))) {
            throw new SriovException("PF must exist in the daemon's network namespace: pf=" + pf);
        }
    }

    /** All cards have the same: a test has one that matters. */
    @Override
    public List<String> altNames(String device) {
        return altNames;
    }

    @Override
    public void set(String pf, int vf, VfSetting setting) {
        writes.add(pf + " vf " + vf + " " + setting);
        if (writes.size() - 1 == failAt) {
            throw new SriovException(failure);
        }
        mustExist(pf);
        if (refused.test(setting)) {
            throw new SriovException(RtnetlinkVfLink.refusal(pf, vf, setting, errno));
        }
        attributesByVf.put(vf, changed(attributesByVf.get(vf), setting));
    }

    private static VfAttributes changed(VfAttributes old, VfSetting setting) {
        return switch (setting) {
            case VfSetting.Mac m ->
                    new VfAttributes(m.address(), old.vlan(), old.rate(), old.switches());
            case VfSetting.Vlan v -> new VfAttributes(old.mac(), v, old.rate(), old.switches());
            case VfSetting.Rate r -> new VfAttributes(old.mac(), old.vlan(), r, old.switches());
            case VfSetting.SpoofCheck s ->
                    with(old, VfSetting.Switch.of(s.on()), old.trust(), old.linkState());
            case VfSetting.Trust t ->
                    with(old, old.spoofCheck(), VfSetting.Switch.of(t.on()), old.linkState());
            case VfSetting.LinkState l -> with(old, old.spoofCheck(), old.trust(), l);
        };
    }

    private static VfAttributes with(
            VfAttributes old,
            VfSetting.Switch spoofCheck,
            VfSetting.Switch trust,
            VfSetting.LinkState link) {
        return new VfAttributes(
                old.mac(),
                old.vlan(),
                old.rate(),
                new VfAttributes.Switches(spoofCheck, trust, link));
    }
}
