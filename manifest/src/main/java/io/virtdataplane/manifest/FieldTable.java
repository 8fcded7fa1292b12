package io.virtdataplane.manifest;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What becomes of each field that one place of a schema has: it is read, it is left to others with
 * a warning, or it is refused with the reason and the way out. What the schema does not have is a
 * mistake in the manifest. {@link Fields#check} asks; each kind keeps its tables in one class.
 */
final class FieldTable {
    private final Set<String> read;
    private final Map<String, String> reasonByLeft = new LinkedHashMap<>();
    private final Map<String, String> reasonByRefused = new LinkedHashMap<>();

    private FieldTable(Set<String> read) {
        this.read = read;
    }

    static FieldTable of(String... read) {
        return new FieldTable(Set.of(read));
    }

    /** The same with fields that are not read, because somebody else does what they ask for. */
    FieldTable leaving(String reason, String... names) {
        FieldTable table = copy();
        for (String name : names) {
            table.reasonByLeft.put(name, reason);
        }
        return table;
    }

    /** The same with fields whose being passed over would deceive: nobody does what they ask. */
    FieldTable refusing(String reason, String... names) {
        FieldTable table = copy();
        for (String name : names) {
            table.reasonByRefused.put(name, reason);
        }
        return table;
    }

    private FieldTable copy() {
        FieldTable table = new FieldTable(read);
        table.reasonByLeft.putAll(reasonByLeft);
        table.reasonByRefused.putAll(reasonByRefused);
        return table;
    }

    /**
     * One field of a mapping.
     *
     * @param asksNothing its value is as good as none
     */
    void check(Fields of, String name, boolean asksNothing) {
        String refused = reasonByRefused.get(name);
        String left = reasonByLeft.get(name);
        if (refused == null && left == null && !read.contains(name)) {
            throw new UnknownFieldException(
                    of.child(name) + " is not a known field: " + hint(name));
        }
        if (refused != null && !asksNothing) {
            throw of.error(name, "is not supported: " + refused);
        }
        if (left != null && !asksNothing) {
            of.warn(name, "is ignored: " + left);
        }
    }

    /** What a name that the schema does not have may have been meant to be. */
    private String hint(String name) {
        Set<String> all = new TreeSet<>(read);
        all.addAll(reasonByLeft.keySet());
        all.addAll(reasonByRefused.keySet());
        return Nearest.of(name, all)
                .map(nearest -> "nearest=" + nearest)
                .orElse("known=" + String.join(",", new TreeSet<>(read)));
    }
}
