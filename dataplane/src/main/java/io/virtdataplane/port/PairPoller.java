package io.virtdataplane.port;

import io.virtdataplane.dataplane.Poller;
import io.virtdataplane.dataplane.Port;
import java.util.ArrayList;
import java.util.List;

/** The poller of {@link PairPort}s: never sleeps, since nothing arrives by itself. */
public final class PairPoller implements Poller {
    private final List<PairPort> ports = new ArrayList<>();

    @Override
    public String kind() {
        return "memory";
    }

    @Override
    public void add(Port port) {
        ports.add((PairPort) port);
    }

    @Override
    public void remove(Port port) {
        ports.remove(port);
    }

    @Override
    public int await(Port[] ready, long timeoutNs) {
        int count = 0;
        for (int i = 0; i < ports.size(); i++) {
            if (ports.get(i).hasArrivals()) {
                ready[count++] = ports.get(i);
            }
        }
        return count;
    }

    @Override
    public void flush() {}

    @Override
    public void wake() {}

    @Override
    public void close() {}
}
