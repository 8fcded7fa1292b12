package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.SriovNodeState;
import io.virtdataplane.api.WatchNodeStateRequest;
import java.io.PrintStream;
import java.util.Iterator;

/** Waits until the node's cards are in line with a change, and says how it went. */
final class SriovWait {
    private SriovWait() {}

    /** The exit code. */
    static int until(Client client, long pass) {
        return until(client, pass, System.out);
    }

    /** {@code out}: where it says what the cards are. */
    static int until(Client client, long pass, PrintStream out) {
        Iterator<SriovNodeState> states =
                client.sriov().watchNodeState(WatchNodeStateRequest.getDefaultInstance());
        while (states.hasNext()) {
            SriovNodeState state = states.next();
            if (state.getPass() >= pass && !state.getSyncStatus().equals("InProgress")) {
                out.println("syncStatus: " + state.getSyncStatus());
                if (!state.getLastSyncError().isEmpty()) {
                    System.err.println("virt-dataplane: " + state.getLastSyncError());
                    return 1;
                }
                return 0;
            }
        }
        return 1;
    }
}
