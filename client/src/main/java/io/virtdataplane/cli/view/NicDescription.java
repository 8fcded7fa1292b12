package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.Counters;
import io.virtdataplane.api.GetRequest;
import io.virtdataplane.api.GuestAgent;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.RateLimits;
import io.virtdataplane.api.VerdictCount;
import java.io.PrintStream;
import java.util.List;

/** One NIC in full. */
final class NicDescription implements Description<Nic> {
    @Override
    public List<String> names() {
        return List.of("nic");
    }

    @Override
    public Nic fetch(Client client, String name) {
        return client.call().get(GetRequest.newBuilder().setName(name).build());
    }

    @Override
    public void describe(Nic nic, boolean isWide, PrintStream out) {
        line(out, "Name", nic.getName());
        line(out, "Netns", nic.getNetns());
        line(out, "Guest", nic.getGuest());
        line(
                out,
                "Uplink",
                nic.getUplink()
                        + ", address "
                        + Names.both(nic.getPodAddress(), nic.getPodIpv6Address())
                        + ", MTU "
                        + nic.getMtu());
        line(
                out,
                "Ip Address(es)",
                Names.both(
                        prefixed(nic.getGuestAddress(), nic.getPrefixLength()),
                        prefixed(nic.getGuestIpv6Address(), nic.getIpv6PrefixLength())));
        KnownAddresses.lines(nic.getAddressesList(), System.currentTimeMillis())
                .forEach(words -> line(out, "Address", words));
        if (nic.hasGuestAgent()) {
            line(out, "Guest agent", agent(nic.getGuestAgent()));
        }
        line(out, "State", nic.getState());
        line(out, "Mac", mac(nic));
        line(out, "Spoof guard", nic.getSpoofGuard());
        if (nic.hasLimits()) {
            limit(
                    out,
                    "Egress limit",
                    nic.getLimits().getEgressBandwidth(),
                    nic.getLimits().getEgressPackets());
            limit(
                    out,
                    "Ingress limit",
                    nic.getLimits().getIngressBandwidth(),
                    nic.getLimits().getIngressPackets());
        }
        if (nic.getLimits().hasStormBroadcast()) {
            line(out, "Storm control", storms(nic.getLimits()));
        }
        line(out, "Guest MTU", Integer.toString(nic.getGuestMtu()));
        line(
                out,
                "Gateway",
                Names.both(nic.getGatewayAddress(), nic.getGatewayIpv6Address())
                        + " at "
                        + nic.getGatewayMac());
        line(
                out,
                "Ports",
                nic.getPortsCount() == 0
                        ? "all"
                        : String.join(", ", nic.getPortsList())
                                + "; others: "
                                + nic.getNat().getUnlistedPolicy());
        if (!nic.getMesh().isEmpty()) {
            line(out, "Mesh", mesh(nic));
        }
        line(out, "Ports 49152-49153", nic.getNat().getReservedPorts());
        line(
                out,
                "Nat",
                "mapping "
                        + nic.getNat().getMapping()
                        + ", filtering "
                        + nic.getNat().getFiltering()
                        + ", refresh "
                        + nic.getNat().getRefresh());
        line(
                out,
                "Timeouts",
                "TCP "
                        + nic.getNat().getTcpEstablishedSeconds()
                        + " s, opening or closed "
                        + nic.getNat().getTcpTransitorySeconds()
                        + " s, UDP "
                        + nic.getNat().getUdpSeconds()
                        + " s, ICMP "
                        + nic.getNat().getIcmpSeconds()
                        + " s");
        line(
                out,
                "Lease",
                nic.getLease().getMac().isEmpty()
                        ? "none"
                        : nic.getLease().getAddress()
                                + " to "
                                + nic.getLease().getMac()
                                + ", given "
                                + Cells.age(nic.getLease().getAgeSeconds())
                                + " ago");
        line(out, "Sessions", nic.getSessions() + " of " + nic.getNat().getSessionLimit());
        if (!nic.getFastPath().isEmpty()) {
            line(out, "Fast path", fastPath(nic));
        }
        line(out, "Worker", nic.getWorker() + ", " + nic.getPoller());
        Counters counters = nic.getCounters();
        line(
                out,
                "From guest",
                counters.getGuestFrames() + " frames, " + counters.getGuestBytes() + " bytes");
        line(
                out,
                "From uplink",
                counters.getUplinkFrames() + " frames, " + counters.getUplinkBytes() + " bytes");
        line(
                out,
                "To guest",
                counters.getToGuestFrames() + " frames, " + counters.getToGuestBytes() + " bytes");
        line(
                out,
                "To uplink",
                counters.getToUplinkFrames()
                        + " frames, "
                        + counters.getToUplinkBytes()
                        + " bytes");
        line(out, "Unsegmented", counters.getGsoFrames() + " frames");
        out.println("Verdicts:");
        for (VerdictCount count : counters.getVerdictsList()) {
            out.printf(
                    "  %-24s %12d  %s%n",
                    count.getVerdict(), count.getFrames(), count.getMeaning());
        }
    }

    /** Nothing where there is none. */
    private static void limit(PrintStream out, String head, String bandwidth, long packets) {
        String bits = bandwidth.isEmpty() || bandwidth.equals("0") ? "" : bandwidth + "bit/s";
        String frames = packets == 0 ? "" : packets + " packets/s";
        String both = bits.isEmpty() || frames.isEmpty() ? bits + frames : bits + ", " + frames;
        if (!both.isEmpty()) {
            line(out, head, both);
        }
    }

    private static String storms(RateLimits limits) {
        return "broadcast %s, multicast %s, unknown unicast %s frames/s, new stations %s/s"
                .formatted(
                        orNoLimit(limits.getStormBroadcast()),
                        orNoLimit(limits.getStormMulticast()),
                        orNoLimit(limits.getStormUnknownUnicast()),
                        orNoLimit(limits.getStormStations()));
    }

    private static String orNoLimit(long rate) {
        return rate == 0 ? "no limit" : Long.toString(rate);
    }

    private static String mesh(Nic nic) {
        String reason = nic.getMesh() + " (" + nic.getMeshReason() + ")";
        return nic.getMesh().equals("none")
                ? reason
                : reason + ", past the proxy: " + nic.getNat().getMeshDirectPorts();
    }

    private static String fastPath(Nic nic) {
        if (!nic.getFastPath().equals("on")) {
            return nic.getFastPath();
        }
        String sessions =
                nic.getBridge().isEmpty()
                        ? ", carries " + nic.getCarriedSessions() + " of the sessions"
                        : "";
        return "on" + sessions + ", " + nic.getCounters().getCarriedFrames() + " frames until now";
    }

    private static String agent(GuestAgent agent) {
        return agent.getSocket()
                + (agent.getReason().isEmpty()
                        ? ", answered " + Cells.ageSince(agent.getLastAnswerUnixMs()) + " ago"
                        : ", does not answer: " + agent.getReason());
    }

    private static String mac(Nic nic) {
        if (nic.getGuestMac().isEmpty()) {
            return "not seen yet";
        }
        boolean other =
                !nic.getMacAddress().isEmpty() && !nic.getMacAddress().equals(nic.getGuestMac());
        return nic.getGuestMac() + (other ? ", in the manifest " + nic.getMacAddress() : "");
    }

    private static String prefixed(String address, int prefixLength) {
        return address.isEmpty() ? "" : address + "/" + prefixLength;
    }

    private static void line(PrintStream out, String key, String value) {
        out.printf("%-18s %s%n", key + ":", value);
    }
}
