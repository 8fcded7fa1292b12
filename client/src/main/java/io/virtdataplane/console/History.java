package io.virtdataplane.console;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The last values of each of some things, oldest first. One thread's. */
final class History<K, V> {
    private final Map<K, Deque<V>> valuesByKey = new HashMap<>();
    private final int capacity;

    /**
     * @param capacity values of each
     */
    History(int capacity) {
        this.capacity = capacity;
    }

    void add(K key, V value) {
        Deque<V> values = valuesByKey.computeIfAbsent(key, one -> new ArrayDeque<>());
        values.add(value);
        if (values.size() > capacity) {
            values.remove();
        }
    }

    /** Forgets all others. */
    void retain(Set<K> keys) {
        valuesByKey.keySet().retainAll(keys);
    }

    Map<K, List<V>> copy() {
        Map<K, List<V>> copy = new HashMap<>();
        valuesByKey.forEach((key, values) -> copy.put(key, List.copyOf(values)));
        return copy;
    }
}
