package io.virtdataplane.daemon.nic;

import io.virtdataplane.api.NatSettings;
import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.manifest.MachineMesh;
import io.virtdataplane.manifest.MasqueradeInterface;
import io.virtdataplane.manifest.MeshKind;
import io.virtdataplane.manifest.MeshPorts;
import io.virtdataplane.nat.MeshPolicy;
import java.util.BitSet;
import java.util.List;

/**
 * Which service mesh has a NIC's TCP: the setting, or what the machine says.
 *
 * @param setting "auto" or a kind
 * @param direct TCP ports whose connections from outside go past the proxy
 * @param directOutward the same of those that the guest opens
 * @param subnets in CIDR notation, whose connections go past the proxy
 * @param ofNamespace what that says, as the setting has it
 * @param reason of the kind, for people
 */
public record MeshSettings(
        String setting,
        MeshKind kind,
        BitSet direct,
        BitSet directOutward,
        List<String> subnets,
        String ofNamespace,
        String reason) {
    private static final String AUTO = "auto";

    static MeshSettings of(NatSettings settings, MasqueradeInterface nic) {
        MachineMesh said = nic.mesh().in(settings.getMeshOfNamespace());
        String setting = settings.getMesh().isEmpty() ? AUTO : settings.getMesh();
        boolean isAuto = setting.equals(AUTO);
        MeshKind kind = isAuto ? said.kind() : named(setting);
        BitSet direct =
                settings.getMeshDirectPorts().isEmpty()
                        ? said.directOf(kind).inward()
                        : MeshPorts.parse("mesh_direct_ports", settings.getMeshDirectPorts());
        MachineMesh.Direct past = said.directOf(kind);
        return new MeshSettings(
                setting,
                kind,
                direct,
                past.outward(),
                past.subnets(),
                settings.getMeshOfNamespace(),
                reason(isAuto ? said : null, kind, nic)
                        + (past.subnets().isEmpty()
                                ? ""
                                : "; past the proxy from " + String.join(",", past.subnets())));
    }

    private static MeshKind named(String text) {
        return MeshKind.named(text)
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "mesh must be auto, none, istio, ambient or linkerd: mesh="
                                                + text));
    }

    /**
     * @param said what auto goes by; null: it is set
     */
    private static String reason(MachineMesh said, MeshKind kind, MasqueradeInterface nic) {
        String reason =
                said == null
                        ? "set"
                        : "auto: "
                                + (said.because().isEmpty()
                                        ? "the machine names none"
                                        : said.because());
        String taken = MachineMesh.taken(kind, nic.ports());
        return taken.isEmpty() ? reason : reason + "; listed, but the proxy's: " + taken;
    }

    MeshPolicy policy() {
        MeshPolicy.Kind path =
                switch (kind) {
                    case NONE -> MeshPolicy.Kind.NONE;
                    // who asks for a sidecar may get the node's ztunnel
                    case ISTIO, AMBIENT -> MeshPolicy.Kind.MESH_WITH_PROBES;
                    case LINKERD -> MeshPolicy.Kind.MESH;
                };
        return path == MeshPolicy.Kind.NONE
                ? MeshPolicy.NONE
                : new MeshPolicy(
                        path,
                        direct,
                        directOutward,
                        kind.reserved(),
                        subnets.stream().map(MeshSettings::range).toList());
    }

    private static FrontEnd.Range range(String cidr) {
        ServiceMap.SourceRange of = ServiceMap.SourceRange.of(cidr);
        return new FrontEnd.Range(of.high(), of.low(), of.prefixLength());
    }

    /** "istio", or "none". */
    public String name() {
        return kind.text();
    }

    /** All settings, as the API shows them. */
    public NatSettings shown() {
        return NatSettings.newBuilder()
                .setMesh(setting)
                .setMeshDirectPorts(MeshPorts.text(direct))
                .setMeshOfNamespace(ofNamespace)
                .build();
    }
}
