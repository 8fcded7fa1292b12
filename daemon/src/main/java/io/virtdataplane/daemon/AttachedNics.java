package io.virtdataplane.daemon;

import io.virtdataplane.daemon.api.AttachRequest;
import io.virtdataplane.daemon.api.ListSessionsResponse;
import io.virtdataplane.daemon.api.Nic;
import io.virtdataplane.daemon.api.UpdateRequest;
import java.util.List;

/** The registry in the words of the API: messages in, messages out. */
public final class AttachedNics {
    private final NicRegistry registry;

    AttachedNics(NicRegistry registry) {
        this.registry = registry;
    }

    public Nic attach(AttachRequest request) {
        return NicViews.nic(registry.attach(request));
    }

    public Nic update(UpdateRequest request) {
        return NicViews.nic(registry.update(request.getName(), request.getNat()));
    }

    public void detach(String name) {
        registry.detach(name);
    }

    public Nic get(String name) {
        synchronized (registry) { // a NIC must not go while its worker is asked
            return NicViews.nic(registry.find(name));
        }
    }

    public List<Nic> list() {
        synchronized (registry) {
            return registry.all().stream().map(NicViews::nic).toList();
        }
    }

    /** Of one NIC, or of all where the name is empty. */
    public ListSessionsResponse sessions(String name, int limit) {
        synchronized (registry) {
            List<AttachedNic> wanted =
                    name.isEmpty() ? registry.all() : List.of(registry.find(name));
            ListSessionsResponse.Builder response = ListSessionsResponse.newBuilder();
            long total = 0;
            for (AttachedNic nic : wanted) {
                response.addAllSessions(NicViews.sessions(nic, limit));
                total += NicViews.nic(nic).getSessions();
            }
            return response.setTotal(total).build();
        }
    }

    public long awaitChange(long generation, long milliseconds) throws InterruptedException {
        return registry.awaitChange(generation, milliseconds);
    }
}
