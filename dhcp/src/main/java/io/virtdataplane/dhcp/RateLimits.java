package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.RateLimit;
import java.util.Arrays;

/** A rate limit for each port, so that one that asks too much takes nothing from others. */
final class RateLimits {
    private final int perSecond;
    private RateLimit[] limitByPort = new RateLimit[16];

    RateLimits(int perSecond) {
        this.perSecond = perSecond;
    }

    /** {@code port}: its number, as events carry it. */
    boolean allow(int port, long nowNs) {
        if (port >= limitByPort.length) {
            limitByPort = Arrays.copyOf(limitByPort, Math.max(port + 1, limitByPort.length * 2));
        }
        if (limitByPort[port] == null) { // the first question of this port
            limitByPort[port] = new RateLimit(perSecond);
        }
        return limitByPort[port].allows(nowNs);
    }
}
