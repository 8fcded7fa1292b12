package io.virtdataplane.daemon;

import io.virtdataplane.nat.PodPorts;
import io.virtdataplane.port.Steering;

/** Joins the NAT's view of the pod's ports to the device that steers them. */
record SteeredPorts(Steering steering) implements PodPorts {
    @Override
    public void steer(int protocol, int port, boolean toUs) {
        steering.steer(protocol, port, toUs);
    }

    @Override
    public void steerPortless(boolean toUs) {
        steering.steerPortless(toUs);
    }

    @Override
    public boolean isPodFlow(int protocol, int localPort, int remoteAddress, int remotePort) {
        return steering.isPodFlow(protocol, localPort, remoteAddress, remotePort);
    }
}
