package io.virtdataplane.daemon.nic;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.nat.PodPorts;
import io.virtdataplane.port.SteeringTables;
import java.util.List;

/** Joins the NAT's view of the pod's ports to the device that steers them. */
record SteeredPorts(SteeringTables steering) implements PodPorts {
    static {
        if (OURS != SteeringTables.OURS
                || IN_SESSION != SteeringTables.IN_SESSION
                || ELSEWHERE != SteeringTables.ELSEWHERE
                || OPEN != SteeringTables.OPEN) {
            throw new AssertionError("bits of the NAT and of the programs must be the same");
        }
    }

    @Override
    public void steer(boolean ipv6, int protocol, int port, int bits) {
        steering.steer(ipv6, protocol, port, bits);
    }

    @Override
    public void steerAll(boolean ipv6, int protocol, byte[] bits) {
        steering.steerAll(ipv6, protocol, bits);
    }

    @Override
    public void mesh(int kind, byte[] bits) {
        steering.mesh(kind, bits);
    }

    @Override
    public void meshSources(List<FrontEnd.Range> sources) {
        steering.meshSources(sources);
    }

    @Override
    public void steerPing(boolean ipv6, boolean toUs) {
        steering.steerPing(ipv6, toUs);
    }

    @Override
    public void steerOthers(boolean ipv6, boolean toUs) {
        steering.steerOthers(ipv6, toUs);
    }

    @Override
    public boolean isPodFlow(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return steering.isPodFlow(protocol, localPort, remoteHigh, remoteLow, remotePort);
    }

    @Override
    public int movedPort(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        int port = steering.movedPort(protocol, localPort, remoteHigh, remoteLow, remotePort);
        return port == SteeringTables.NOT_MOVED ? NOT_MOVED : port;
    }

    @Override
    public void keepPodFlow(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        steering.keepPodFlow(protocol, localPort, remoteHigh, remoteLow, remotePort);
    }

    @Override
    public void movePodFlow(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort, int to) {
        steering.movePodFlow(protocol, localPort, remoteHigh, remoteLow, remotePort, to);
    }
}
