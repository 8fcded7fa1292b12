package io.virtdataplane.daemon.service;

import io.virtdataplane.daemon.state.ObjectStore;
import io.virtdataplane.manifest.ServiceAssignment;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.FamilyPolicy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a Service was given, as it is kept: lines of NAME=VALUE.
 *
 * @param service NAMESPACE/NAME
 */
record KeptAssignment(String service, ServiceAssignment has) {
    /** How it stands in its file. */
    static final class Format implements ObjectStore.Format<KeptAssignment> {
        @Override
        public byte[] write(KeptAssignment kept) {
            ServiceAssignment has = kept.has();
            List<String> lines = new ArrayList<>();
            lines.add("service=" + kept.service());
            lines.add("created=" + has.createdMs());
            has.policy().ifPresent(policy -> lines.add("ipFamilyPolicy=" + policy));
            has.families().forEach(family -> lines.add("ipFamily=" + family));
            has.clusterIps().forEach(address -> lines.add("clusterIP=" + address));
            has.nodePorts().forEach((name, port) -> lines.add("nodePort=" + name + ":" + port));
            lines.add("healthCheckNodePort=" + has.healthCheckNodePort());
            has.loadBalancer().forEach(address -> lines.add("loadBalancer=" + address));
            return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public KeptAssignment read(byte[] content) {
            List<String> lines = new String(content, StandardCharsets.UTF_8).lines().toList();
            Map<String, Integer> nodePorts = new HashMap<>();
            values(lines, "nodePort")
                    .forEach(
                            value -> {
                                int colon = value.lastIndexOf(':');
                                nodePorts.put(
                                        value.substring(0, Math.max(0, colon)),
                                        Integer.parseInt(value.substring(colon + 1)));
                            });
            return new KeptAssignment(
                    one(lines, "service"),
                    new ServiceAssignment(
                            Long.parseLong(one(lines, "created")),
                            values(lines, "ipFamilyPolicy").findFirst().map(FamilyPolicy::valueOf),
                            values(lines, "ipFamily").map(Family::valueOf).toList(),
                            values(lines, "clusterIP").toList(),
                            nodePorts,
                            Integer.parseInt(one(lines, "healthCheckNodePort")),
                            values(lines, "loadBalancer").toList()));
        }

        private static String one(List<String> lines, String name) {
            Optional<String> value = values(lines, name).findFirst();
            return value.orElseThrow(
                    () -> new IllegalArgumentException("file must have " + name + ": lines=0"));
        }

        private static Stream<String> values(List<String> lines, String name) {
            return lines.stream()
                    .filter(line -> line.startsWith(name + "="))
                    .map(line -> line.substring(name.length() + 1));
        }
    }
}
