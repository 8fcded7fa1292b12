package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtdataplane.daemon.kube.ClusterKind;
import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.manifest.SriovNetworkManifest;
import io.virtdataplane.sriov.DefinitionText;
import io.virtdataplane.sriov.SriovNetwork;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the NetworkAttachmentDefinition of each SriovNetwork, as the SR-IOV operator does: made
 * once its namespace is there, moved with networkNamespace, deleted with its network. One that is
 * not of the network is left alone. A pass compares all, on the leader.
 */
final class SriovDefinitions {
    private static final Logger LOG = LoggerFactory.getLogger(SriovDefinitions.class);
    private static final String OWNER = "sriovnetwork.openshift.io/owner-ref";
    private static final String OWNER_PREFIX = "SriovNetwork.sriovnetwork.openshift.io/";

    /** The operator's own, which nobody else takes off once it is uninstalled. */
    private static final String FINALIZER = "netattdef.finalizers.sriovnetwork.openshift.io";

    private final KubernetesClient client;
    private final Supplier<List<GenericKubernetesResource>> networks;
    private final Supplier<List<GenericKubernetesResource>> definitions;
    private final Predicate<String> hasNamespace;
    private final String resourcePrefix;
    private final Set<String> told = new HashSet<>();

    /**
     * @param networks all SriovNetworks, of a complete list
     * @param definitions all NetworkAttachmentDefinitions, likewise
     * @param resourcePrefix such as openshift.io
     */
    SriovDefinitions(
            KubernetesClient client,
            Supplier<List<GenericKubernetesResource>> networks,
            Supplier<List<GenericKubernetesResource>> definitions,
            Predicate<String> hasNamespace,
            String resourcePrefix) {
        this.client = client;
        this.networks = networks;
        this.definitions = definitions;
        this.hasNamespace = hasNamespace;
        this.resourcePrefix = resourcePrefix;
    }

    /**
     * What ends comes first: a namespace that ends takes no new object, and waits for its old ones.
     *
     * @throws KubernetesClientException the API server refused something; the rest was done
     */
    void pass() {
        Map<String, GenericKubernetesResource> byName = new HashMap<>();
        definitions.get().forEach(each -> byName.put(fullName(each), each));
        List<KubernetesClientException> failures = new ArrayList<>();
        byName.values().forEach(each -> attempt(() -> deleteOrphan(each), failures));
        for (GenericKubernetesResource each : networks.get()) {
            if (isEnding(each)) {
                attempt(() -> letGo(each), failures);
            }
        }
        for (GenericKubernetesResource each : networks.get()) {
            if (!isEnding(each)) {
                read(each).ifPresent(network -> attempt(() -> keep(network, byName), failures));
            }
        }
        if (!failures.isEmpty()) {
            throw failures.getFirst();
        }
    }

    /** One object that cannot be written keeps no other. */
    private static void attempt(Runnable work, List<KubernetesClientException> failures) {
        try {
            work.run();
        } catch (KubernetesClientException e) {
            failures.add(e);
        }
    }

    private static boolean isEnding(GenericKubernetesResource object) {
        return object.getMetadata().getDeletionTimestamp() != null;
    }

    private Optional<SriovNetwork> read(GenericKubernetesResource object) {
        try {
            String json = client.getKubernetesSerialization().asJson(object);
            return Optional.of(SriovNetworkManifest.parse(json));
        } catch (InvalidManifestException e) {
            tell("SriovNetwork " + fullName(object) + " is not taken: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void keep(SriovNetwork network, Map<String, GenericKubernetesResource> byName) {
        GenericKubernetesResource wanted =
                client.getKubernetesSerialization()
                        .unmarshal(
                                new DefinitionText(network, resourcePrefix).json(),
                                GenericKubernetesResource.class);
        GenericKubernetesResource found = byName.get(network.definitionName());
        if (found == null) {
            if (hasNamespace.test(network.definitionNamespace())) {
                unlessChanged(() -> client.resource(wanted).create());
                LOG.info("NetworkAttachmentDefinition made: {}", network.definitionName());
            }
        } else if (!owner(found).equals(owner(wanted))) {
            tell(
                    "NetworkAttachmentDefinition "
                            + network.definitionName()
                            + " is left as it is: it is not SriovNetwork "
                            + network.namespace()
                            + "/"
                            + network.name()
                            + "'s; rename one of them");
        } else if (!isSame(found, wanted)) {
            wanted.getMetadata().setResourceVersion(found.getMetadata().getResourceVersion());
            unlessChanged(() -> client.resource(wanted).update());
            LOG.info("NetworkAttachmentDefinition changed: {}", network.definitionName());
        }
    }

    private static boolean isSame(
            GenericKubernetesResource found, GenericKubernetesResource wanted) {
        Object config = found.get("spec", "config");
        return Objects.equals(config, wanted.get("spec", "config"))
                && found.getMetadata()
                        .getAnnotations()
                        .entrySet()
                        .containsAll(wanted.getMetadata().getAnnotations().entrySet());
    }

    /** Its network is gone, or has it elsewhere now: as the API server says, not a cache. */
    private void deleteOrphan(GenericKubernetesResource definition) {
        String owner = owner(definition);
        if (!owner.startsWith(OWNER_PREFIX)) {
            return;
        }
        String[] name = owner.substring(OWNER_PREFIX.length()).split("/", 2);
        if (name.length < 2 || isCurrent(name[0], name[1], fullName(definition))) {
            return;
        }
        GenericKubernetesResource network = network(name[0], name[1]);
        boolean isGone = network == null || isEnding(network);
        boolean isElsewhere =
                !isGone
                        && read(network)
                                .filter(each -> !each.definitionName().equals(fullName(definition)))
                                .isPresent();
        if (isGone || isElsewhere) {
            unlessChanged(
                    () ->
                            client.resource(definition)
                                    .lockResourceVersion(
                                            definition.getMetadata().getResourceVersion())
                                    .delete());
            LOG.info("NetworkAttachmentDefinition deleted: {}", fullName(definition));
        }
    }

    private boolean isCurrent(String namespace, String name, String definition) {
        return networks.get().stream()
                .filter(each -> !isEnding(each))
                .filter(each -> fullName(each).equals(namespace + "/" + name))
                .anyMatch(
                        each ->
                                read(each)
                                        .map(SriovNetwork::definitionName)
                                        .filter(definition::equals)
                                        .isPresent());
    }

    private GenericKubernetesResource network(String namespace, String name) {
        return client.genericKubernetesResources(ClusterKind.SRIOV_NETWORK.context())
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    /**
     * The finalizer has served: its definition was deleted before, or is at a later pass by its
     * owner's name.
     */
    private void letGo(GenericKubernetesResource network) {
        if (network.getMetadata().getFinalizers().contains(FINALIZER)) {
            unlessChanged(
                    () ->
                            client.resource(network)
                                    .edit(
                                            each -> {
                                                each.getMetadata()
                                                        .getFinalizers()
                                                        .remove(FINALIZER);
                                                return each;
                                            }));
        }
    }

    /** What has changed meanwhile is seen by the next pass. */
    private static void unlessChanged(Runnable write) {
        try {
            write.run();
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT
                    && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
        }
    }

    private void tell(String words) {
        if (told.add(words)) {
            LOG.warn("{}", words);
        }
    }

    private static String owner(GenericKubernetesResource definition) {
        Map<String, String> annotations = definition.getMetadata().getAnnotations();
        return annotations == null ? "" : annotations.getOrDefault(OWNER, "");
    }

    private static String fullName(GenericKubernetesResource object) {
        return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
    }
}
