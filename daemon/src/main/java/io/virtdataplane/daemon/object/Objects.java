package io.virtdataplane.daemon.object;

import io.virtdataplane.api.AppliedObject;
import io.virtdataplane.api.ApplyRequest;
import io.virtdataplane.api.DeleteRequest;
import io.virtdataplane.daemon.network.NetworkObjects;
import io.virtdataplane.daemon.sriov.SriovObjects;
import io.virtdataplane.manifest.BridgeManifest;
import io.virtdataplane.manifest.MachineNics;
import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.NodeNetworkPolicy;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.SriovManifest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Files of objects of all kinds, applied and deleted: each file is checked whole before its first
 * object changes anything. One file at a time.
 */
public final class Objects {
    private final NetworkObjects networks;
    private final SriovObjects sriov;
    private final ReentrantLock changing = new ReentrantLock();

    /** One object to be deleted. */
    private record Named(ObjectKind kind, String name) {}

    public Objects(NetworkObjects networks, SriovObjects sriov) {
        this.networks = networks;
        this.sriov = sriov;
    }

    public List<AppliedObject> apply(ApplyRequest request) {
        List<Manifest> manifests = Manifests.parse(request.getManifest());
        List<String> texts = Manifests.split(request.getManifest());
        manifests.forEach(Objects::mustBeKept);
        List<AppliedObject> applied = new ArrayList<>();
        changing.lock();
        try {
            networks.check(request, only(manifests, BridgeManifest.class));
            sriov.check(only(manifests, SriovManifest.class));
            for (int i = 0; i < manifests.size(); i++) {
                ApplyRequest one = request.toBuilder().setManifest(texts.get(i)).build();
                applied.add(apply(manifests.get(i), one));
            }
        } finally {
            changing.unlock();
        }
        return applied;
    }

    private static void mustBeKept(Manifest manifest) {
        if (manifest instanceof MachineNics) {
            throw new IllegalArgumentException(
                    "kind must be one that is applied, a VirtualMachine is attached: kind=VirtualMachine");
        }
    }

    private static <T> List<T> only(List<Manifest> manifests, Class<T> kind) {
        return manifests.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private AppliedObject apply(Manifest manifest, ApplyRequest request) {
        return switch (manifest) {
            case BridgeManifest bridge -> networks.apply(bridge, request);
            case SriovManifest object -> sriov.apply(object, request.getManifest());
            case MachineNics machine -> throw new IllegalStateException("was refused");
        };
    }

    /** Of a file, or of a kind and name. */
    public List<AppliedObject> delete(DeleteRequest request) {
        List<Named> objects =
                request.getManifest().isEmpty()
                        ? List.of(named(request.getKind(), request.getName()))
                        : Manifests.parse(request.getManifest()).stream()
                                .map(Objects::named)
                                .toList();
        List<AppliedObject> deleted = new ArrayList<>();
        changing.lock();
        try {
            mustBeDistinct(objects);
            objects.forEach(this::checkDelete);
            for (Named object : objects) {
                deleted.add(delete(object));
            }
        } finally {
            changing.unlock();
        }
        return deleted;
    }

    private static Named named(String kindName, String name) {
        ObjectKind kind = ObjectKind.of(kindName);
        return new Named(
                kind,
                switch (kind) {
                    case NETWORK_ATTACHMENT -> NetworkObjects.attachmentName(name);
                    case SRIOV_NETWORK -> SriovObjects.networkName(name);
                    case NODE_NETWORK_POLICY, SRIOV_POLICY -> name;
                });
    }

    private static Named named(Manifest manifest) {
        mustBeKept(manifest);
        return switch (manifest) {
            case NodeNetworkPolicy policy ->
                    new Named(ObjectKind.NODE_NETWORK_POLICY, policy.name());
            case NetworkDefinition definition ->
                    new Named(ObjectKind.NETWORK_ATTACHMENT, NetworkObjects.name(definition));
            case SriovManifest.Policy policy ->
                    new Named(ObjectKind.SRIOV_POLICY, SriovObjects.name(policy));
            case SriovManifest.Network network ->
                    new Named(ObjectKind.SRIOV_NETWORK, SriovObjects.name(network));
            case MachineNics machine -> throw new IllegalStateException("was refused");
        };
    }

    private static void mustBeDistinct(List<Named> objects) {
        for (int i = 0; i < objects.size(); i++) {
            if (objects.indexOf(objects.get(i)) != i) {
                throw new IllegalArgumentException(
                        "object must stand in a file once: "
                                + objects.get(i).kind()
                                + "/"
                                + objects.get(i).name());
            }
        }
    }

    private void checkDelete(Named object) {
        switch (object.kind()) {
            case NODE_NETWORK_POLICY -> networks.checkDeletePolicy(object.name());
            case NETWORK_ATTACHMENT -> networks.checkDeleteDefinition(object.name());
            case SRIOV_POLICY -> sriov.checkDeletePolicy(object.name());
            case SRIOV_NETWORK -> sriov.checkDeleteNetwork(object.name());
        }
    }

    private AppliedObject delete(Named object) {
        AppliedObject.Builder deleted =
                AppliedObject.newBuilder()
                        .setKind(object.kind().toString())
                        .setName(object.name())
                        .setResult("deleted");
        switch (object.kind()) {
            case NODE_NETWORK_POLICY -> networks.deletePolicy(object.name());
            case NETWORK_ATTACHMENT -> networks.deleteDefinition(object.name());
            case SRIOV_POLICY -> deleted.setPass(sriov.deletePolicy(object.name()));
            case SRIOV_NETWORK -> sriov.deleteNetwork(object.name());
        }
        return deleted.build();
    }
}
