package io.virtdataplane.manifest;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a site's settings say where manifests are silent.
 *
 * @param operatorNamespaces where the SR-IOV operator lives: only objects there may serve other
 *     namespaces; the first is that of objects that name none
 * @param hasDefaultNic a machine that lists no NIC has one on the pod network, with masquerade
 */
public record ManifestDefaults(List<String> operatorNamespaces, boolean hasDefaultNic) {
    /** As OpenShift and the operator's own chart install it. */
    public static final List<String> OPERATOR_NAMESPACES =
            List.of("openshift-sriov-network-operator", "sriov-network-operator");

    public static final ManifestDefaults DEFAULT = new ManifestDefaults(OPERATOR_NAMESPACES, true);

    public ManifestDefaults {
        operatorNamespaces = List.copyOf(operatorNamespaces);
    }

    /** The same where objects of that namespace, too, may serve others. */
    ManifestDefaults withOperator(String namespace) {
        List<String> all =
                Stream.concat(operatorNamespaces.stream(), Stream.of(namespace)).toList();
        return new ManifestDefaults(all, hasDefaultNic);
    }

    public String operatorNamespace() {
        return operatorNamespaces.getFirst();
    }
}
