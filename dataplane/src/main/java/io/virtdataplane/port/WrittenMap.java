package io.virtdataplane.port;

import io.virtdataplane.sys.BpfMap;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** A map of the kernel's, and what is in it: only what differs is written. */
final class WrittenMap {
    private final BpfMap map;
    private final Map<ByteBuffer, ByteBuffer> entries = new HashMap<>();

    /** What an earlier run has left is written anew, or removed, by the first change. */
    WrittenMap(BpfMap map) {
        this.map = map;
        ByteBuffer unknown = ByteBuffer.allocate(0);
        map.keys().forEach(key -> entries.put(ByteBuffer.wrap(key), unknown));
    }

    /** New ones first, then those that are no more, so that nothing is missing meanwhile. */
    void put(Map<ByteBuffer, ByteBuffer> wanted) {
        wanted.forEach(
                (key, value) -> {
                    if (!value.equals(entries.get(key))) {
                        map.put(key.array(), value.array());
                        entries.put(key, value);
                    }
                });
    }

    void removeAllBut(Map<ByteBuffer, ByteBuffer> wanted) {
        entries.keySet()
                .removeIf(
                        key -> {
                            if (wanted.containsKey(key)) {
                                return false;
                            }
                            map.remove(key.array());
                            return true;
                        });
    }
}
