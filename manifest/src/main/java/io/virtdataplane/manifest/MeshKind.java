package io.virtdataplane.manifest;

import java.util.BitSet;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A service mesh, and the TCP ports that its proxy has in a pod. */
public enum MeshKind {
    NONE,
    /** Envoy in the pod: admin, outbound, inbound, HBONE, metrics, health, DNS. */
    ISTIO(15_000, 15_001, 15_002, 15_004, 15_006, 15_008, 15_009, 15_020, 15_021, 15_053, 15_090),
    /** The node's ztunnel, with sockets in the pod. */
    AMBIENT(15_001, 15_006, 15_008, 15_020, 15_021, 15_053, 15_080, 15_090),
    /** linkerd2-proxy: outbound, inbound, control, admin. */
    LINKERD(4140, 4143, 4190, 4191);

    private final int[] reserved;

    MeshKind(int... reserved) {
        this.reserved = reserved;
    }

    /** Never the guest's. */
    public BitSet reserved() {
        BitSet ports = new BitSet();
        IntStream.of(reserved).forEach(ports::set);
        return ports;
    }

    /** By what users call it. */
    public static Optional<MeshKind> named(String text) {
        return Stream.of(values()).filter(kind -> kind.text().equals(text)).findFirst();
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
