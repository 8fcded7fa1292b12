package io.virtdataplane.daemon.service;

import io.virtdataplane.daemon.service.StandingService.PortAndFamily;
import io.virtdataplane.manifest.ServiceSpec.Family;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** Numbers that ports of Services keep from map to map. One thread. */
public final class PortNumbers {
    private final BitSet used = new BitSet();
    private Map<Key, Integer> before = new HashMap<>();
    private Map<Key, Integer> now = new HashMap<>();

    private record Key(String service, int protocol, int port, Family family) {}

    int of(String service, PortAndFamily port) {
        return of(service, port.port().protocol(), port.port().port(), port.family());
    }

    /**
     * @param service NAMESPACE/NAME
     * @param protocol IP protocol number
     */
    public int of(String service, int protocol, int port, Family family) {
        Key key = new Key(service, protocol, port, family);
        Integer number = before.get(key);
        if (number == null) {
            number = used.nextClearBit(0);
            used.set(number);
        }
        now.put(key, number);
        return number;
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
