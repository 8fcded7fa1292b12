package io.virtdataplane.daemon.attach;

import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.dataplane.Vif;
import io.virtdataplane.dataplane.Worker;
import java.util.function.Function;

/** What is attached to a packet thread, and can be traced and captured: a NIC, or an uplink. */
public interface Attachment {
    /** MACHINE/INTERFACE, or BRIDGE/DEVICE. */
    String name();

    WorkerThread worker();

    /** Worker's thread only, but for what it says. */
    Vif vif();

    /** Asks the kernel how many frames its queues had no room for, before its counters are read. */
    default void lookAtQueues() {}

    /**
     * Asks on the worker's thread, where it is known whether this is still attached: what belongs
     * to it is given back only after the worker has let go of it.
     */
    default <T> T ask(Function<Worker, T> question) {
        return worker().ask(
                        on -> {
                            if (!on.has(vif())) {
                                throw NotFoundException.of("NIC", name());
                            }
                            return question.apply(on);
                        });
    }
}
