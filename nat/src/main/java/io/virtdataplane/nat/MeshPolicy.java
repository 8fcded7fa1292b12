package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.util.BitSet;
import java.util.List;

/**
 * A service mesh whose proxy in the pod has the guest's TCP: new connections from outside are left
 * to the pod's kernel, and those that the guest opens are sent to it, untranslated. All else, and
 * what is established, goes as without a mesh.
 *
 * @param direct TCP ports whose connections from outside go straight to the guest
 * @param directOutward TCP ports elsewhere to which the guest's go past the proxy
 * @param reserved TCP ports of the proxy, which are never the guest's
 * @param directSources whose connections go past the proxy, as a rule on the source has it: from
 *     outside straight to the guest, and those of the guest where it is one of them
 */
public record MeshPolicy(
        Kind kind,
        BitSet direct,
        BitSet directOutward,
        BitSet reserved,
        List<FrontEnd.Range> directSources) {
    public static final MeshPolicy NONE =
            new MeshPolicy(Kind.NONE, new BitSet(), new BitSet(), new BitSet(), List.of());

    /** Of {@link PodPorts#mesh}: connections from outside go straight to the guest. */
    public static final int DIRECT = 1;

    /** Likewise: the proxy's, and never the guest's. */
    public static final int RESERVED = 2;

    public MeshPolicy {
        directSources = List.copyOf(directSources);
    }

    /** Whether there is one. The programs have the ordinals, too. */
    public enum Kind {
        NONE,
        MESH,
        /** Whose probes, from one address of the node's, go straight to the guest: Istio's. */
        MESH_WITH_PROBES
    }

    public boolean isOn() {
        return kind != Kind.NONE;
    }

    boolean isDirectSource(long high, long low) {
        for (int i = 0; i < directSources.size(); i++) {
            FrontEnd.Range range = directSources.get(i);
            if (range.isIpv4() == Ip.isMapped(high, low) && range.contains(high, low)) {
                return true;
            }
        }
        return false;
    }

    boolean isReserved(int port) {
        return reserved.get(port);
    }

    /**
     * Of a new session: a connection beside a mesh's proxy may be one of the proxy's own, from an
     * address that is not the pod's.
     */
    int flags(int protocol) {
        return isOn() && protocol == Protocols.TCP ? SessionTable.WALKED : 0;
    }

    /** Of each TCP port. */
    byte[] bits() {
        byte[] bits = new byte[OutsidePool.PORTS];
        direct.stream().forEach(port -> bits[port] = DIRECT);
        reserved.stream().forEach(port -> bits[port] = RESERVED);
        return bits;
    }
}
