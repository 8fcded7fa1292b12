package io.virtdataplane.port;

import io.virtdataplane.dataplane.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Why packets of clients outside end at the node's programs, and how many did. Any thread. */
final class ServiceDrops {
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    /** In the order of enum drop in service.bpf.c. */
    private static final List<Verdict> REASONS =
            List.of(
                    Verdict.DROP_SERVICE_NO_ENDPOINT,
                    Verdict.DROP_SERVICE_NOT_LOCAL,
                    Verdict.DROP_SERVICE_PORT,
                    Verdict.DROP_SERVICE_SOURCE,
                    Verdict.DROP_FRAGMENT_TIMEOUT,
                    Verdict.DROP_PROTOCOL);

    private final MemorySegment dropped;

    /**
     * @param dropped of service.bpf.c
     */
    ServiceDrops(MemorySegment dropped) {
        this.dropped = dropped;
    }

    Map<Verdict, Long> all() {
        Map<Verdict, Long> all = new EnumMap<>(Verdict.class);
        for (int i = 0; i < REASONS.size(); i++) {
            all.put(REASONS.get(i), (long) WORD.getAcquire(dropped, (long) i * Long.BYTES));
        }
        return all;
    }
}
