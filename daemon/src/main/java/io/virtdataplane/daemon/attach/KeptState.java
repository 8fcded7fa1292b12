package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.dataplane.VifState;

/** Where a NIC's guest is, in the request that the NIC is kept as. */
public final class KeptState {
    private KeptState() {}

    public static VifState of(AttachRequest request) {
        return request.getDrained()
                ? VifState.DRAINED
                : request.getIncoming() ? VifState.INCOMING : VifState.ACTIVE;
    }

    static AttachRequest with(AttachRequest request, VifState state) {
        return request.toBuilder()
                .setIncoming(state == VifState.INCOMING)
                .setDrained(state == VifState.DRAINED)
                .build();
    }
}
