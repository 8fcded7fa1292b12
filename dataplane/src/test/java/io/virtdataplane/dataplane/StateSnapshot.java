package io.virtdataplane.dataplane;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * All that an object of ours refers to, field by field, at one moment: numbers, texts, arrays,
 * collections, and the bytes of memory segments. Two of them tell what has changed in between,
 * whatever it is: a test need not know which tables there are.
 *
 * <p>Frames are left out, since one that is walked is written to; so is what the caller names:
 * memory that a stage fills anew for each frame and does not read otherwise.
 */
public final class StateSnapshot {
    private static final String OURS = "io.virtdataplane.";
    private final Map<String, Object> valueByPlace = new LinkedHashMap<>();
    private final Set<String> scratch;
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Deque<Place> left = new ArrayDeque<>();

    private record Place(String name, Object object) {}

    /**
     * @param scratch simple names of classes ({@code QuotedPacket}) and of fields ({@code
     *     DhcpServer.room}) that are left out
     */
    public StateSnapshot(Object root, Set<String> scratch) {
        this.scratch = scratch;
        note("", root);
        while (!left.isEmpty()) {
            Place place = left.remove();
            readFields(place.name, place.object);
        }
    }

    /** A line for each place whose value is not what it was. */
    public List<String> changesSince(StateSnapshot before) {
        List<String> changes = new ArrayList<>();
        valueByPlace.forEach(
                (place, now) -> {
                    Object then = before.valueByPlace.get(place);
                    if (!Objects.deepEquals(then, now)) {
                        changes.add(place + ": " + text(then) + " -> " + text(now));
                    }
                });
        before.valueByPlace.keySet().stream()
                .filter(place -> !valueByPlace.containsKey(place))
                .forEach(place -> changes.add(place + ": gone"));
        return changes;
    }

    private static String text(Object value) {
        return value != null && value.getClass().isArray()
                ? "bytes or numbers, " + Array.getLength(value)
                : String.valueOf(value);
    }

    private void readFields(String name, Object object) {
        for (Class<?> type = object.getClass(); isOurs(type); type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                String label = type.getSimpleName() + "." + field.getName();
                if (!Modifier.isStatic(field.getModifiers()) && !scratch.contains(label)) {
                    field.setAccessible(true);
                    note(name + "/" + label, value(field, object));
                }
            }
        }
    }

    private static Object value(Field field, Object object) {
        try {
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    private void note(String place, Object value) {
        if (value instanceof MemorySegment memory) {
            valueByPlace.put(place, memory.toArray(ValueLayout.JAVA_BYTE));
        } else if (value instanceof Map<?, ?> map) {
            noteAll(place, List.copyOf(map.entrySet()));
        } else if (value instanceof Collection<?> collection) {
            noteAll(place, collection);
        } else if (value != null && value.getClass().isArray()) {
            noteArray(place, value);
        } else if (value != null && isFollowed(value.getClass())) {
            valueByPlace.put(place, System.identityHashCode(value)); // another one is a change
            if (seen.add(value)) {
                left.add(new Place(place, value));
            }
        } else if (!(value instanceof Frame)) {
            valueByPlace.put(place, value);
        }
    }

    private void noteAll(String place, Collection<?> values) {
        valueByPlace.put(place + "#", values.size());
        int i = 0;
        for (Object one : values) {
            note(place + "[" + i++ + "]", one);
        }
    }

    private void noteArray(String place, Object array) {
        if (array instanceof Object[] objects) {
            for (int i = 0; i < objects.length; i++) {
                note(place + "[" + i + "]", objects[i]);
            }
        } else {
            int length = Array.getLength(array);
            Object copy = Array.newInstance(array.getClass().getComponentType(), length);
            System.arraycopy(array, 0, copy, 0, length);
            valueByPlace.put(place, copy);
        }
    }

    private boolean isFollowed(Class<?> type) {
        return isOurs(type)
                && !type.isEnum()
                && type != Frame.class
                && !scratch.contains(type.getSimpleName());
    }

    /** A lambda is ours by name, and holds nothing but what it was made with. */
    private static boolean isOurs(Class<?> type) {
        return type != null && type.getName().startsWith(OURS) && !type.isHidden();
    }
}
