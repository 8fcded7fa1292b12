package io.virtdataplane.manifest;

import java.util.BitSet;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A service mesh, and the TCP ports that its proxy has in a pod. */
public enum MeshKind {
    NONE(0),
    /** Envoy in the pod: admin, outbound, inbound, HBONE, metrics, health, DNS. */
    ISTIO(
            0, 15_000, 15_001, 15_002, 15_004, 15_006, 15_008, 15_009, 15_020, 15_021, 15_053,
            15_090),
    /** The node's ztunnel, with sockets in the pod. */
    AMBIENT(0, 15_001, 15_006, 15_008, 15_020, 15_021, 15_053, 15_080, 15_090),
    /** linkerd2-proxy: outbound, inbound, control, admin. */
    LINKERD(4140, 4140, 4143, 4190, 4191);

    private final int outward;
    private final int[] reserved;

    MeshKind(int outward, int... reserved) {
        this.outward = outward;
        this.reserved = reserved;
    }

    /**
     * Where connections that the guest opens are to be redirected to, as the mesh's own rules take
     * them for the pod's inbound ones; 0: they take them rightly.
     */
    public int outward() {
        return outward;
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
