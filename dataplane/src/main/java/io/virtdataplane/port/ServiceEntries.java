package io.virtdataplane.port;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.dataplane.FrontEnd.Range;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;

/** Keys and values of the maps in service.bpf.c, as their structures have them. */
final class ServiceEntries {
    private static final int RANGED = 1;
    private static final int LOCAL_ONLY = 2;
    private static final int ID_BITS = 32;

    private ServiceEntries() {}

    static ByteBuffer address(Endpoint at) {
        return done(address(bytes(16), at.high(), at.low()));
    }

    static ByteBuffer flag(int flag) {
        return done(bytes(4).putInt(flag));
    }

    static ByteBuffer frontKey(FrontEnd front) {
        Endpoint at = front.at();
        ByteBuffer key = address(bytes(24), at.high(), at.low());
        return done(port(key, at.port()).put((byte) front.protocol()));
    }

    static ByteBuffer front(FrontEnd front, int id) {
        boolean isRanged = !front.sources().equals(FrontEnd.ANYBODY);
        return done(
                bytes(24)
                        .putInt(id)
                        .putInt(front.endpoints().size())
                        .putInt((int) TimeUnit.NANOSECONDS.toSeconds(front.affinityNs()))
                        .putInt((isRanged ? RANGED : 0) | (front.isLocalOnly() ? LOCAL_ONLY : 0))
                        .putInt(front.id()));
    }

    static ByteBuffer value(Endpoint endpoint) {
        return done(port(address(bytes(24), endpoint.high(), endpoint.low()), endpoint.port()));
    }

    static ByteBuffer member(int id, Endpoint endpoint) {
        ByteBuffer key = address(bytes(24), endpoint.high(), endpoint.low());
        return done(port(key.putInt(id), endpoint.port()));
    }

    static ByteBuffer range(int id, Range range) {
        ByteBuffer key = bytes(24).putInt(ID_BITS + range.prefixLength()).putInt(id);
        return done(address(key, range.high(), range.low()));
    }

    /** In the order of the network, as in a header. */
    static ByteBuffer address(ByteBuffer to, long high, long low) {
        to.order(ByteOrder.BIG_ENDIAN).putLong(high).putLong(low).order(ByteOrder.nativeOrder());
        return to;
    }

    static ByteBuffer port(ByteBuffer to, int port) {
        to.order(ByteOrder.BIG_ENDIAN).putShort((short) port).order(ByteOrder.nativeOrder());
        return to;
    }

    static ByteBuffer bytes(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
    }

    /** All of it, to be compared as a key. */
    static ByteBuffer done(ByteBuffer bytes) {
        return bytes.clear();
    }
}
