package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.RateLimit;
import io.virtdataplane.dataplane.Worker;

/** A rate limit for each port, so that one that asks too much takes nothing from others. */
final class RateLimits {
    private final RateLimit[] limitByPort = new RateLimit[Worker.MAX_PORTS];

    RateLimits(int perSecond) {
        for (int port = 0; port < limitByPort.length; port++) {
            limitByPort[port] = new RateLimit(perSecond);
        }
    }

    /** As {@link RateLimit} has it; {@code port}: its number, as events carry it. */
    boolean allows(int port, Frame frame, long nowNs) {
        return limitByPort[port].allows(frame, nowNs);
    }
}
