package io.virtdataplane.daemon.attach;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.AlreadyExistsException;
import io.virtdataplane.dataplane.Worker;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Gives each NIC and each port of a bridge a number of its own: events carry it, and its ports are
 * twice the number and the one after. A name has one, whatever it is the name of.
 */
public final class PortNumbers {
    private static final int MOST = Worker.MAX_PORTS / 2;
    private final BitSet used = new BitSet();
    private final Map<String, Integer> numberByName = new HashMap<>();
    private final EventJournal journal;

    public PortNumbers(EventJournal journal) {
        this.journal = journal;
    }

    public synchronized int take(String name) {
        if (numberByName.containsKey(name)) {
            throw new AlreadyExistsException("NIC is attached already: name=" + name);
        }
        int number = used.nextClearBit(0);
        if (number >= MOST) {
            throw new IllegalArgumentException(
                    "NICs and bridge ports of this node must be at most " + MOST);
        }
        used.set(number);
        numberByName.put(name, number);
        journal.name(number, name);
        return number;
    }

    public synchronized void give(int number) {
        used.clear(number);
        numberByName.values().remove(number);
    }
}
