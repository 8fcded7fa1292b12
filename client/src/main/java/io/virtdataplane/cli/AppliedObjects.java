package io.virtdataplane.cli;

import io.virtdataplane.api.AppliedObject;
import io.virtdataplane.api.Client;
import java.io.PrintStream;
import java.util.List;

/** Says what became of the objects of a file, and waits for the cards that they change. */
final class AppliedObjects {
    private AppliedObjects() {}

    static void print(List<AppliedObject> objects) {
        print(objects, "");
    }

    /**
     * @param note behind each line
     */
    static void print(List<AppliedObject> objects, String note) {
        for (AppliedObject object : objects) {
            String line = object.getKind() + "/" + object.getName() + " " + object.getResult();
            if (hasFailed(object)) {
                System.err.println("virt-dataplane: " + line + ": " + object.getMessage());
            } else {
                System.out.println(line + note);
            }
        }
    }

    /** What of them is left to others. */
    static void warn(List<AppliedObject> objects, PrintStream err) {
        for (AppliedObject object : objects) {
            String name = objects.size() == 1 ? "" : object.getKind() + "/" + object.getName();
            Notices.warn(name, object.getWarningsList(), err);
        }
    }

    /**
     * The exit code.
     *
     * @param out where it says what the cards are
     */
    static int await(Client client, List<AppliedObject> objects, boolean noWait, PrintStream out) {
        long pass = objects.stream().mapToLong(AppliedObject::getPass).max().orElse(0);
        int cards = pass == 0 || noWait ? 0 : SriovWait.until(client, pass, out);
        return objects.stream().anyMatch(AppliedObjects::hasFailed) ? 1 : cards;
    }

    private static boolean hasFailed(AppliedObject object) {
        return object.getResult().equals("failed");
    }
}
