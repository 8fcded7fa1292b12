package io.virtdataplane.daemon.attach;

import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.dataplane.Vif;

/** What can be traced and captured: a masquerade NIC, or a port of a bridge. */
public interface Attachment {
    String name();

    WorkerThread worker();

    /** Worker's thread only. */
    Vif vif();
}
