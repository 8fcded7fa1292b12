package io.virtdataplane.cli;

import io.virtdataplane.api.NatSettings;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/**
 * What the NAT of a NIC does; an option that is not given leaves the daemon's default, or what is.
 */
final class NatOptions {
    @Option(
            names = "--ports",
            paramLabel = "PROTOCOL/PORT,...|all|manifest",
            description =
                    "Ports that are open inbound, for example TCP/80,UDP/53 (default: manifest, those that it lists).")
    private String ports;

    @Option(
            names = "--unlisted-policy",
            paramLabel = "POLICY",
            description =
                    "Inbound traffic to other ports: pod (the pod's own kernel answers; default), drop or reject.")
    private String unlistedPolicy;

    @Option(
            names = "--reserved-ports",
            paramLabel = "POLICY",
            description =
                    "Inbound traffic to ports 49152 and 49153: drop (default) or forward, as upstream KubeVirt does.")
    private String reservedPorts;

    @Option(
            names = "--session-limit",
            paramLabel = "N",
            description = "Sessions at a time (default: 65536).")
    private Integer sessionLimit;

    @Option(
            names = "--sessions-per-second",
            paramLabel = "N",
            description = "New sessions per second; 0: no limit (default).")
    private Integer sessionsPerSecond;

    @Option(
            names = "--fragment-limit",
            paramLabel = "N",
            description = "Fragmented datagrams, and waiting fragments, at a time (default: 256).")
    private Integer fragmentLimit;

    @Option(
            names = "--mapping",
            paramLabel = "KIND",
            description =
                    "RFC 4787 section 4.1: endpoint-independent (default) or address-and-port-dependent.")
    private String mapping;

    @Option(
            names = "--filtering",
            paramLabel = "KIND",
            description =
                    "RFC 4787 section 5: address-and-port-dependent (default) or endpoint-independent.")
    private String filtering;

    @Option(
            names = "--refresh",
            paramLabel = "SIDE",
            description =
                    "Which frames keep a UDP or ICMP session alive: both (default) or outbound.")
    private String refresh;

    @Option(
            names = "--other-protocols",
            paramLabel = "POLICY",
            description =
                    "GRE, ESP and other protocols without ports: translate (default) or drop.")
    private String otherProtocols;

    @Option(
            names = "--link-local",
            paramLabel = "POLICY",
            description =
                    "IPv4 link-local addresses outside (169.254.0.0/16: metadata service, node-local DNS): pass (default) or drop.")
    private String linkLocal;

    @Option(
            names = "--max-segment-size",
            paramLabel = "BYTES",
            description =
                    "Upper limit of the TCP maximum segment size; 0: what both MTUs allow (default).")
    private Integer maxSegmentSize;

    @Option(
            names = "--midstream",
            paramLabel = "POLICY",
            description =
                    "The guest's TCP segments in the middle of a connection without a session: open one (default), or reset the connection, as after a move to another pod address.")
    private String midstream;

    @Option(
            names = "--mesh",
            paramLabel = "MESH",
            description =
                    "Service mesh whose proxy in the pod has the guest's TCP: none, istio, ambient, linkerd or auto (default: what the machine's labels and annotations say).")
    private String mesh;

    @Option(
            names = "--mesh-direct-ports",
            paramLabel = "PORT,FIRST-LAST,...|all|none",
            description =
                    "TCP ports whose connections from outside go past the proxy (default: what the machine's annotations exclude; with istio, 22, too).")
    private String meshDirectPorts;

    @Option(
            names = "--tcp-established-seconds",
            paramLabel = "S",
            description = "How long an idle TCP connection is kept (default: 7440).")
    private Integer tcpEstablished;

    @Option(
            names = "--tcp-transitory-seconds",
            paramLabel = "S",
            description =
                    "How long a TCP connection that opens or is closed is kept (default: 240).")
    private Integer tcpTransitory;

    @Option(
            names = "--udp-seconds",
            paramLabel = "S",
            description = "How long an idle UDP session is kept (default: 300).")
    private Integer udp;

    @Option(
            names = "--icmp-seconds",
            paramLabel = "S",
            description = "How long an idle ICMP session is kept (default: 60).")
    private Integer icmp;

    NatSettings settings() {
        NatSettings.Builder settings = NatSettings.newBuilder();
        set(ports, settings::setPorts);
        set(unlistedPolicy, settings::setUnlistedPolicy);
        set(reservedPorts, settings::setReservedPorts);
        set(sessionLimit, settings::setSessionLimit);
        set(sessionsPerSecond, settings::setSessionsPerSecond);
        set(fragmentLimit, settings::setFragmentLimit);
        set(mapping, settings::setMapping);
        set(filtering, settings::setFiltering);
        set(refresh, settings::setRefresh);
        set(otherProtocols, settings::setOtherProtocols);
        set(linkLocal, settings::setLinkLocal);
        set(maxSegmentSize, settings::setMaxSegmentSize);
        set(midstream, settings::setMidstream);
        set(mesh, settings::setMesh);
        set(meshDirectPorts, settings::setMeshDirectPorts);
        set(tcpEstablished, settings::setTcpEstablishedSeconds);
        set(tcpTransitory, settings::setTcpTransitorySeconds);
        set(udp, settings::setUdpSeconds);
        set(icmp, settings::setIcmpSeconds);
        return settings.build();
    }

    private static <T> void set(T value, Consumer<T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }
}
