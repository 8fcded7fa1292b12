package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FrontEnd.Endpoint;

/**
 * Which endpoint of a Service's port a guest had last (Kubernetes' session affinity ClientIP: the
 * guest is the client). So many Services at a time; beyond, the one that was used longest ago is
 * forgotten, and is chosen anew.
 */
final class Affinity {
    private static final int SERVICES = 64;
    private static final int NONE = -1;
    private final int[] ids = new int[SERVICES];
    private final Endpoint[] endpoints = new Endpoint[SERVICES];
    private final long[] usedNs = new long[SERVICES];

    /** The endpoint, or null: none, or that of a guest that was silent for too long. */
    Endpoint find(int id, long timeoutNs, long nowNs) {
        int place = place(id);
        return place != NONE && nowNs - usedNs[place] < timeoutNs ? endpoints[place] : null;
    }

    /** The guest has opened a session to it. */
    void use(int id, Endpoint endpoint, long nowNs) {
        int place = place(id);
        if (place == NONE) {
            place = longestUnused();
        }
        ids[place] = id;
        endpoints[place] = endpoint;
        usedNs[place] = nowNs;
    }

    private int place(int id) {
        for (int i = 0; i < SERVICES; i++) {
            if (ids[i] == id && endpoints[i] != null) {
                return i;
            }
        }
        return NONE;
    }

    private int longestUnused() {
        int longest = 0;
        for (int i = 0; i < SERVICES; i++) {
            if (endpoints[i] == null) {
                return i;
            }
            if (usedNs[i] - usedNs[longest] < 0) {
                longest = i;
            }
        }
        return longest;
    }
}
