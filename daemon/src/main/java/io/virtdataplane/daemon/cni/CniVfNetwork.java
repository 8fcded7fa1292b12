package io.virtdataplane.daemon.cni;

import io.virtdataplane.daemon.sriov.PodVfs;
import io.virtdataplane.manifest.CniVf;
import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.sriov.PodInterface;
import io.virtdataplane.sys.Netns;
import java.nio.file.Files;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * Networks of the type sriov, configured as for sriov-cni: the VF that the kubelet has given to the
 * pod is set as its network says. No device moves into the pod: QEMU there opens the VF by vfio.
 */
final class CniVfNetwork implements CniNetwork {
    private final PodVfs vfs;

    CniVfNetwork(PodVfs vfs) {
        this.vfs = vfs;
    }

    @Override
    public List<CniResult.Interface> add(CniCall call, CniConfig config, CniArguments arguments) {
        PodVfs.Wanted wanted = wanted(call, config, arguments);
        if (!Files.exists(Netns.path(call.netns()))) {
            throw new CniException(
                    CniException.INTERNAL, "netns must exist: netns=" + call.netns());
        }
        long mac = vfs.attach(wanted);
        return List.of(
                new CniResult.Interface(call.ifname(), mac, 0, call.netns(), wanted.address()));
    }

    private static PodVfs.Wanted wanted(CniCall call, CniConfig config, CniArguments arguments) {
        CniVf asked;
        try {
            asked = CniVf.parse(call.input(), arguments.mac());
        } catch (InvalidManifestException e) {
            throw new CniException(CniException.INVALID_CONFIG, e.getMessage());
        }
        return new PodVfs.Wanted(
                new PodInterface(
                        call.containerId(),
                        call.ifname(),
                        config.name(),
                        new PodInterface.Namespace(call.netns(), 0)),
                arguments.namespace().isEmpty() ? "default" : arguments.namespace(),
                arguments.pod().isEmpty() ? CniMachine.name(call, arguments) : arguments.pod(),
                asked.pciAddress(),
                asked.network(),
                asked.mac());
    }

    /** By the runtime's key alone: the configuration may have changed since the ADD. */
    @Override
    public void delete(CniCall call, CniConfig config) {
        vfs.detach(call.containerId(), call.ifname());
    }

    @Override
    public void deleteLater(String containerId, String ifname) {
        vfs.detach(containerId, ifname);
    }

    @Override
    public void check(CniCall call, CniConfig config, CniArguments arguments) {
        vfs.check(wanted(call, config, arguments));
    }

    @Override
    public void collect(String network, BiPredicate<String, String> isValid) {
        vfs.detachUnknown(network, pod -> isValid.test(pod.containerId(), pod.name()));
    }

    @Override
    public void checkStatus(CniConfig config) {
        // An ADD needs a VF of the kubelet's, which is not known yet.
    }
}
