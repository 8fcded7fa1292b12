package io.virtdataplane.daemon.nic;

import io.virtdataplane.api.NatSettings;
import io.virtdataplane.manifest.ListedPort;
import io.virtdataplane.manifest.MasqueradeInterface;
import io.virtdataplane.nat.NatPolicy;
import io.virtdataplane.nat.NatPolicy.Behaviour;
import io.virtdataplane.nat.NatPolicy.Filtering;
import io.virtdataplane.nat.NatPolicy.Limits;
import io.virtdataplane.nat.NatPolicy.LinkLocal;
import io.virtdataplane.nat.NatPolicy.Mapping;
import io.virtdataplane.nat.NatPolicy.Midstream;
import io.virtdataplane.nat.NatPolicy.OtherProtocols;
import io.virtdataplane.nat.NatPolicy.Refresh;
import io.virtdataplane.nat.OpenPorts;
import io.virtdataplane.nat.Timeouts;
import io.virtdataplane.nat.UnlistedPolicy;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Checks the NAT settings of the API, field by field, and turns them into a policy and back. */
public final class NatSettingsReader {
    private static final int MAX_SESSIONS = 4_194_304;
    private static final int MAX_RATE = 1_000_000;
    private static final int WEEK = 604_800;
    private static final long SECOND = 1_000_000_000L;

    private NatSettingsReader() {}

    /** {@code nic}: with the ports that are listed, none: all; and what it says of a mesh. */
    static NatPolicy policy(NatSettings settings, MasqueradeInterface nic) {
        List<ListedPort> listed = nic.ports();
        return new NatPolicy(
                new NatPolicy.Ports(
                        ports(settings.getPorts(), listed),
                        unlisted(settings.getUnlistedPolicy()),
                        choice("reserved_ports", settings.getReservedPorts(), "drop", "forward")),
                behaviour(settings),
                limits(settings),
                timeouts(settings),
                MeshSettings.of(settings, nic).policy());
    }

    private static OpenPorts ports(String text, List<ListedPort> listed) {
        if (text.isEmpty() || text.equals("manifest")) {
            OpenPorts ports = listed.isEmpty() ? OpenPorts.all() : OpenPorts.listed();
            listed.forEach(port -> ports.add(port.protocol(), port.port()));
            return ports;
        }
        if (text.equals("all")) {
            return OpenPorts.all();
        }
        OpenPorts ports = OpenPorts.listed();
        for (String entry : text.split(",", -1)) {
            ListedPort port = ListedPort.parse(entry);
            ports.add(port.protocol(), port.port());
        }
        return ports;
    }

    private static UnlistedPolicy unlisted(String text) {
        return switch (text) {
            case "", "pod" -> UnlistedPolicy.POD;
            case "drop" -> UnlistedPolicy.DROP;
            case "reject" -> UnlistedPolicy.REJECT;
            default ->
                    throw new IllegalArgumentException(
                            "unlisted_policy must be pod, drop or reject: unlisted_policy=" + text);
        };
    }

    private static Behaviour behaviour(NatSettings settings) {
        String independent = "endpoint-independent";
        String dependent = "address-and-port-dependent";
        int segment = settings.getMaxSegmentSize();
        check(
                segment == 0 || segment >= 88 && segment <= 65_495,
                "max_segment_size must be 0 or 88-65495: max_segment_size=" + segment);
        return new Behaviour(
                choice("mapping", settings.getMapping(), independent, dependent)
                        ? Mapping.ENDPOINT_INDEPENDENT
                        : Mapping.ADDRESS_AND_PORT_DEPENDENT,
                choice("filtering", settings.getFiltering(), dependent, independent)
                        ? Filtering.ADDRESS_AND_PORT_DEPENDENT
                        : Filtering.ENDPOINT_INDEPENDENT,
                choice("refresh", settings.getRefresh(), "both", "outbound")
                        ? Refresh.BOTH
                        : Refresh.OUTBOUND,
                choice("other_protocols", settings.getOtherProtocols(), "translate", "drop")
                        ? OtherProtocols.TRANSLATE
                        : OtherProtocols.DROP,
                choice("link_local", settings.getLinkLocal(), "pass", "drop")
                        ? LinkLocal.PASS
                        : LinkLocal.DROP,
                segment,
                choice("midstream", settings.getMidstream(), "open", "reset")
                        ? Midstream.OPEN
                        : Midstream.RESET);
    }

    private static Limits limits(NatSettings settings) {
        Limits defaults = Limits.DEFAULT;
        int sessions =
                settings.hasSessionLimit() ? settings.getSessionLimit() : defaults.sessions();
        int rate = settings.getSessionsPerSecond();
        int fragments =
                settings.hasFragmentLimit() ? settings.getFragmentLimit() : defaults.fragments();
        check(
                sessions >= 16 && sessions <= MAX_SESSIONS,
                "session_limit must be 16-" + MAX_SESSIONS + ": session_limit=" + sessions);
        check(
                rate >= 0 && rate <= MAX_RATE,
                "sessions_per_second must be 0-" + MAX_RATE + ": sessions_per_second=" + rate);
        check(
                fragments >= 1 && fragments <= Limits.MAX_FRAGMENTS,
                "fragment_limit must be 1-"
                        + Limits.MAX_FRAGMENTS
                        + ": fragment_limit="
                        + fragments);
        return new Limits(sessions, rate, fragments);
    }

    private static Timeouts timeouts(NatSettings settings) {
        Timeouts defaults = Timeouts.DEFAULT;
        return new Timeouts(
                settings.hasTcpEstablishedSeconds()
                        ? seconds(
                                "tcp_established_seconds",
                                settings.getTcpEstablishedSeconds(),
                                7440,
                                "RFC 5382 REQ-5")
                        : defaults.tcpEstablished(),
                settings.hasTcpTransitorySeconds()
                        ? seconds(
                                "tcp_transitory_seconds",
                                settings.getTcpTransitorySeconds(),
                                240,
                                "RFC 5382 REQ-5")
                        : defaults.tcpTransitory(),
                settings.hasUdpSeconds()
                        ? seconds("udp_seconds", settings.getUdpSeconds(), 120, "RFC 4787 REQ-5")
                        : defaults.udp(),
                settings.hasIcmpSeconds()
                        ? seconds("icmp_seconds", settings.getIcmpSeconds(), 60, "RFC 5508 REQ-2")
                        : defaults.icmp());
    }

    private static long seconds(String field, int value, int least, String source) {
        check(
                value >= least && value <= WEEK,
                field
                        + " must be "
                        + least
                        + "-"
                        + WEEK
                        + " ("
                        + source
                        + "): "
                        + field
                        + "="
                        + value);
        return value * SECOND;
    }

    /** True for {@code first}, which is the default. */
    private static boolean choice(String field, String text, String first, String second) {
        check(
                text.isEmpty() || text.equals(first) || text.equals(second),
                field + " must be " + first + " or " + second + ": " + field + "=" + text);
        return !text.equals(second);
    }

    private static void check(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }

    /** Every field set, as the API shows a policy. */
    public static NatSettings settings(NatPolicy policy) {
        OpenPorts open = policy.ports().open();
        Behaviour behaviour = policy.behaviour();
        Timeouts timeouts = policy.timeouts();
        return NatSettings.newBuilder()
                .setPorts(open.isAll() ? "all" : String.join(",", open.text()))
                .setUnlistedPolicy(name(policy.ports().unlisted()))
                .setReservedPorts(policy.ports().dropReserved() ? "drop" : "forward")
                .setSessionLimit(policy.limits().sessions())
                .setSessionsPerSecond(policy.limits().sessionsPerSecond())
                .setFragmentLimit(policy.limits().fragments())
                .setMapping(name(behaviour.mapping()))
                .setFiltering(name(behaviour.filtering()))
                .setRefresh(name(behaviour.refresh()))
                .setOtherProtocols(name(behaviour.otherProtocols()))
                .setLinkLocal(name(behaviour.linkLocal()))
                .setMaxSegmentSize(behaviour.maxSegmentSize())
                .setMidstream(name(behaviour.midstream()))
                .setTcpEstablishedSeconds((int) (timeouts.tcpEstablished() / SECOND))
                .setTcpTransitorySeconds((int) (timeouts.tcpTransitory() / SECOND))
                .setUdpSeconds((int) (timeouts.udp() / SECOND))
                .setIcmpSeconds((int) (timeouts.icmp() / SECOND))
                .build();
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Names of the fields that are set, for events. */
    static String describe(NatSettings settings) {
        String[] fields =
                settings.getAllFields().entrySet().stream()
                        .map(field -> field.getKey().getName() + "=" + field.getValue())
                        .toArray(String[]::new);
        return String.join(" ", Arrays.asList(fields));
    }
}
