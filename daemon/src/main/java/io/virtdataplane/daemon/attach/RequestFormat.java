package io.virtdataplane.daemon.attach;

import com.google.protobuf.InvalidProtocolBufferException;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.daemon.state.ObjectStore;

/** A kept request is the message itself. */
final class RequestFormat implements ObjectStore.Format<AttachRequest> {
    @Override
    public byte[] write(AttachRequest request) {
        return request.toByteArray();
    }

    @Override
    public AttachRequest read(byte[] content) {
        try {
            return AttachRequest.parseFrom(content);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("file is damaged: " + e.getMessage(), e);
        }
    }
}
