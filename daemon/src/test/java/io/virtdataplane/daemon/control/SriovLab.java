package io.virtdataplane.daemon.control;

import io.grpc.BindableService;
import io.virtdataplane.daemon.kubelet.Kubelet;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.object.Objects;
import io.virtdataplane.daemon.object.Reconciler;
import io.virtdataplane.daemon.sriov.CardInTree;
import io.virtdataplane.daemon.sriov.SriovConfig;
import io.virtdataplane.daemon.sriov.SriovControl;
import io.virtdataplane.manifest.ManifestDefaults;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.sriov.Sysfs;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** All of SR-IOV on a card in a tree, put together as the daemon does. */
public final class SriovLab implements AutoCloseable {
    public final Kubelet kubelet;
    public final Objects objects;
    private final SriovConfig config;
    public final SriovControl control;

    /**
     * @param others reconcilers beside that of SR-IOV
     */
    public SriovLab(CardInTree card, SriovConfig config, Path state, Reconciler... others) {
        this.config = config;
        kubelet = new Kubelet(config);
        control =
                new SriovControl(
                        config,
                        new NodeLabels("node1", Map.of()),
                        state,
                        new SriovControl.Surroundings(
                                new Sysfs(card.root),
                                card,
                                kubelet::podByDevice,
                                kubelet::allocates));
        objects =
                new Objects(
                        state,
                        new Manifests(ManifestDefaults.DEFAULT),
                        Stream.concat(Stream.of(others), Stream.of(control.objects()))
                                .toArray(Reconciler[]::new));
        objects.restore();
        kubelet.serve(control, config, System::nanoTime);
    }

    public BindableService service() {
        return new SriovService(control, objects, config.offer().resourcePrefix());
    }

    @Override
    public void close() {
        kubelet.close();
        control.close();
    }
}
