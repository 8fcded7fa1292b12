package io.virtdataplane.dataplane;

/**
 * Bugs caught while a frame was walked: one record per kind (exception and place) with a count, a
 * bounded number of kinds.
 */
final class Faults {
    private static final int CAPACITY = 32;
    private final String[] places = new String[CAPACITY];
    private volatile int size; // written by the worker's thread, after the place

    /** The number of this kind when it is new, else -1. */
    int record(RuntimeException fault) {
        StackTraceElement[] stack = fault.getStackTrace();
        String place =
                fault.getClass().getName()
                        + " at "
                        + (stack.length == 0 ? "unknown" : stack[firstOwn(stack)]);
        for (int i = 0; i < size; i++) {
            if (places[i].equals(place)) {
                return -1;
            }
        }
        if (size == CAPACITY) {
            return -1;
        }
        places[size] = place;
        int number = size;
        size = number + 1;
        return number;
    }

    /** Any thread. */
    String describe(int number) {
        return number < size ? places[number] : "unknown";
    }

    private static int firstOwn(StackTraceElement[] stack) {
        for (int i = 0; i < stack.length; i++) {
            if (stack[i].getClassName().startsWith("io.virtdataplane")) {
                return i;
            }
        }
        return 0;
    }
}
