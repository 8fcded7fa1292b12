package io.virtdataplane.daemon.service;

import io.virtdataplane.daemon.service.ServiceMap.PortKey;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Numbers that ports of Services keep from map to map, small ones, as counts are kept by them. One
 * thread.
 */
public final class PortNumbers {
    private final BitSet used = new BitSet();
    private Map<PortKey, Integer> before = new HashMap<>();
    private Map<PortKey, Integer> now = new HashMap<>();

    /** The port by its number. */
    public ServicePort numbered(ServicePort port) {
        PortKey key = port.key();
        Integer number = before.get(key);
        if (number == null) {
            number = used.nextClearBit(0);
            used.set(number);
        }
        now.put(key, number);
        return port.numbered(number);
    }

    /** A map is whole: numbers that it does not have are given to others from the next one on. */
    public void end() {
        before.forEach(
                (key, number) -> {
                    if (!now.containsKey(key)) {
                        used.clear(number);
                    }
                });
        before = now;
        now = new HashMap<>();
    }
}
