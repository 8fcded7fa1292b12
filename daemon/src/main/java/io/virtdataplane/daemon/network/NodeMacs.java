package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.mac.MacConflictException;
import io.virtdataplane.daemon.mac.MacHolder;
import io.virtdataplane.daemon.mac.MacPool;
import io.virtdataplane.daemon.mac.MacRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The MAC addresses of this node's NICs on bridges, whichever bridge. A masquerade NIC is alone
 * behind its pod, so that any number of them may have one address.
 */
public final class NodeMacs {
    private static final Logger LOG = LoggerFactory.getLogger(NodeMacs.class);
    private final MacPool pool;
    private final boolean refuses;
    private final EventJournal journal;
    private final Set<MacHolder> given = ConcurrentHashMap.newKeySet();
    private final List<Entry> beside = new ArrayList<>();

    /**
     * An address and who has it.
     *
     * @param isGiven the pool chose it
     */
    public record Entry(long mac, MacHolder holder, boolean isGiven) {}

    /**
     * @param refuses a NIC whose address another has is refused; else that is only told
     */
    public NodeMacs(MacPool pool, boolean refuses, EventJournal journal) {
        this.pool = pool;
        this.refuses = refuses;
        this.journal = journal;
    }

    /**
     * Takes the address for a NIC that is being attached.
     *
     * @param asked of its manifest, or 0
     * @param before the one that it was given in an earlier run, or 0
     * @throws MacConflictException another NIC has it, and that is refused
     */
    synchronized long take(MacHolder holder, long asked, long before) {
        if (asked == 0) {
            long mac = pool.take(holder, isFree(before) ? before : 0);
            given.add(holder);
            return mac;
        }
        try {
            return pool.take(holder, asked);
        } catch (MacConflictException e) {
            if (refuses) {
                throw e;
            }
            beside.add(new Entry(asked, holder, false));
            LOG.warn("two NICs have one MAC address: {}", e.getMessage());
            journal.record("MACCollision", holder.toString(), e.getMessage());
            return asked;
        }
    }

    /** Somebody may have asked for it while the NIC could not be attached. */
    private boolean isFree(long mac) {
        return mac != 0 && pool.holder(mac).isEmpty();
    }

    /** The NIC is no more. */
    synchronized void release(MacHolder holder) {
        if (!beside.removeIf(entry -> entry.holder().equals(holder))) {
            pool.release(holder);
            given.remove(holder);
        }
    }

    /** By machine. */
    public synchronized List<Entry> entries() {
        List<Entry> all = new ArrayList<>();
        for (MacPool.Entry entry : pool.entries()) {
            all.add(new Entry(entry.mac(), entry.holder(), given.contains(entry.holder())));
        }
        all.addAll(beside);
        return all;
    }

    public MacRange range() {
        return pool.range();
    }
}
