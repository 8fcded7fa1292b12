package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.virtdataplane.daemon.mac.MacHolder;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A VirtualMachine as far as MAC addresses go. It may be one that was made before anybody checked
 * it, so what cannot be read counts as missing.
 *
 * @param namespace of the object
 * @param name or, of one that the API server has yet to name, its prefix
 * @param nics those that have a MAC address of the pool, in the order of the manifest
 */
record Machine(String namespace, String name, List<Nic> nics) {
    /**
     * Which admission gave each NIC its address: {@code NIC=TOKEN,...}. Whoever sees it on a
     * machine that the API server has, knows that this admission is over.
     */
    static final String CLAIMS = "virtdataplane.io/mac-claims";

    /**
     * @param index in the list of interfaces
     * @param mac 0 where there is none
     * @param claim of {@link #CLAIMS}, or empty
     */
    record Nic(int index, String name, long mac, String claim) {}

    /** Of the object as JSON has it. */
    static Machine of(Map<String, Object> root) {
        Map<String, String> annotations = texts(map(root, "metadata", "annotations"));
        String name = text(map(root, "metadata").get("name"));
        return new Machine(
                text(map(root, "metadata").get("namespace")),
                name.isEmpty() ? text(map(root, "metadata").get("generateName")) : name,
                nics(map(root, "spec", "template", "spec"), annotations));
    }

    static Machine of(GenericKubernetesResource object) {
        Map<String, String> annotations = object.getMetadata().getAnnotations();
        return new Machine(
                object.getMetadata().getNamespace(),
                object.getMetadata().getName(),
                nics(
                        map(object.getAdditionalProperties(), "spec", "template", "spec"),
                        annotations == null ? Map.of() : annotations));
    }

    private static List<Nic> nics(Map<String, Object> spec, Map<String, String> annotations) {
        Map<String, String> claims = claims(annotations.getOrDefault(CLAIMS, ""));
        Set<String> pods = new HashSet<>();
        Set<String> others = new HashSet<>();
        for (Map<String, Object> network : maps(spec.get("networks"))) {
            if (network.containsKey("pod")) {
                pods.add(text(network.get("name")));
            } else if (network.containsKey("multus")) {
                others.add(text(network.get("name")));
            }
        }
        List<Nic> nics = new ArrayList<>();
        List<Map<String, Object>> all = maps(map(spec, "domain", "devices").get("interfaces"));
        for (int i = 0; i < all.size(); i++) {
            Map<String, Object> each = all.get(i);
            String name = text(each.get("name"));
            boolean isOurs = others.contains(name) || pods.contains(name) && hasBinding(each);
            if (isOurs && !text(each.get("state")).equals("absent")) {
                String claim = claims.getOrDefault(name, "");
                nics.add(new Nic(i, name, mac(text(each.get("macAddress"))), claim));
            }
        }
        return List.copyOf(nics);
    }

    /** On the pod network others bring their own address. */
    private static boolean hasBinding(Map<String, Object> nic) {
        return nic.containsKey("masquerade")
                || nic.containsKey("bridge")
                || nic.containsKey("binding");
    }

    private static Map<String, String> claims(String text) {
        Map<String, String> claims = new HashMap<>();
        for (String each : text.split(",")) {
            int equals = each.lastIndexOf('=');
            if (equals > 0) {
                claims.put(each.substring(0, equals), each.substring(equals + 1));
            }
        }
        return claims;
    }

    private static long mac(String text) {
        try {
            return text.isEmpty() ? 0 : AddressText.mac(text);
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    private static Map<String, Object> map(Map<String, Object> root, String... path) {
        Object found = GenericKubernetesResource.get(root, (Object[]) path);
        return found instanceof Map<?, ?> map ? objects(map) : Map.of();
    }

    private static List<Map<String, Object>> maps(Object list) {
        List<Map<String, Object>> maps = new ArrayList<>();
        if (list instanceof List<?> elements) {
            for (Object each : elements) {
                maps.add(each instanceof Map<?, ?> map ? objects(map) : Map.of());
            }
        }
        return maps;
    }

    private static Map<String, Object> objects(Map<?, ?> map) {
        Map<String, Object> objects = new HashMap<>();
        map.forEach((key, value) -> objects.put(String.valueOf(key), value));
        return objects;
    }

    private static Map<String, String> texts(Map<String, Object> map) {
        Map<String, String> texts = new HashMap<>();
        map.forEach((key, value) -> texts.put(key, text(value)));
        return texts;
    }

    private static String text(Object value) {
        return value instanceof String text ? text : "";
    }

    /** NAMESPACE/NAME. */
    String fullName() {
        return namespace + "/" + name;
    }

    MacHolder holder(Nic nic) {
        return new MacHolder(fullName(), nic.name());
    }

    Optional<Nic> nic(String nic) {
        return nics.stream().filter(each -> each.name().equals(nic)).findFirst();
    }

    Optional<Nic> nicWith(long mac) {
        return nics.stream().filter(each -> each.mac() == mac).findFirst();
    }
}
