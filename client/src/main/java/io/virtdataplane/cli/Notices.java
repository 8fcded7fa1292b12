package io.virtdataplane.cli;

import io.virtdataplane.api.LeftObject;
import java.io.PrintStream;
import java.util.List;

/**
 * What a command says beside its result, on standard error: as kubectl, and nothing of it fails.
 */
final class Notices {
    private Notices() {}

    /**
     * What of an object is left to others.
     *
     * @param object which one; empty where there is only one
     */
    static void warn(String object, List<String> warnings, PrintStream err) {
        String of = object.isEmpty() ? "" : object + ": ";
        warnings.forEach(warning -> err.println("Warning: " + of + warning));
    }

    /** Objects of the file that the command does not take. */
    static void left(List<LeftObject> left, PrintStream err) {
        for (LeftObject object : left) {
            String name = object.getName().isEmpty() ? "" : " " + object.getName();
            err.println(object.getKind() + name + " is left: " + object.getReason());
        }
    }
}
