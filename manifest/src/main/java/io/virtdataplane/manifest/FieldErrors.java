package io.virtdataplane.manifest;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * All that is wrong with an object, in the words of the API server (apimachinery, field.Error and
 * ErrorList.ToAggregate): users know them, and find them in its documentation.
 */
final class FieldErrors {
    private final Set<String> all = new LinkedHashSet<>();

    void invalid(String path, Object value, String rule) {
        all.add(path + ": Invalid value: " + shown(value) + ": " + rule);
    }

    void forbidden(String path, String rule) {
        all.add(path + ": Forbidden: " + rule);
    }

    void required(String path) {
        all.add(path + ": Required value");
    }

    void duplicate(String path, Object value) {
        all.add(path + ": Duplicate value: " + shown(value));
    }

    /** Not one of the values, which are said in order. */
    void unsupported(String path, String value, Collection<String> supported) {
        all.add(
                path
                        + ": Unsupported value: "
                        + shown(value)
                        + ": supported values: "
                        + new TreeSet<>(supported)
                                .stream()
                                        .map(FieldErrors::shown)
                                        .collect(Collectors.joining(", ")));
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    /** Refuses the object if anything is wrong with it. */
    void refuse() {
        if (!all.isEmpty()) {
            throw new InvalidManifestException(
                    all.size() == 1
                            ? all.iterator().next()
                            : all.stream().collect(Collectors.joining(", ", "[", "]")));
        }
    }

    private static String shown(Object value) {
        if (value instanceof Collection<?> values) {
            return values.stream()
                    .map(FieldErrors::shown)
                    .collect(Collectors.joining(",", "[", "]"));
        }
        return value instanceof Number ? value.toString() : "\"" + value + "\"";
    }
}
