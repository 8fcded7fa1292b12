package io.virtdataplane.cli.view;

/**
 * What of a kind is to be listed.
 *
 * @param name of a NIC, bridge or PF; empty: all
 * @param limit most entries of each, where a kind has many
 * @param namespace of objects that have one; empty: all
 */
public record Query(String name, int limit, String namespace) {
    static Query named(String name) {
        return new Query(name, 0, "");
    }

    boolean isIn(String ofObject) {
        return namespace.isEmpty() || namespace.equals(ofObject);
    }
}
