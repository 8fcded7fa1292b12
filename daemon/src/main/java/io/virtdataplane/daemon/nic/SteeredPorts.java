package io.virtdataplane.daemon.nic;

import io.virtdataplane.nat.PodPorts;
import io.virtdataplane.port.Steering;

/** Joins the NAT's view of the pod's ports to the device that steers them. */
record SteeredPorts(Steering steering) implements PodPorts {
    @Override
    public void steer(boolean ipv6, int protocol, int port, Owner owner) {
        steering.steer(
                ipv6,
                protocol,
                port,
                switch (owner) {
                    case POD -> Steering.Owner.POD;
                    case NAT -> Steering.Owner.US;
                    case SESSION -> Steering.Owner.SESSION;
                });
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
}
