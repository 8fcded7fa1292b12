package io.virtdataplane.daemon.network;

import java.util.ArrayList;
import java.util.List;

/** Conditions of policies and enactments, as Kubernetes NMState words them. */
public final class Conditions {
    private Conditions() {}

    static List<Condition> succeeded() {
        return succeeded(1, 1);
    }

    static List<Condition> failed() {
        return failed(1, 0, 1);
    }

    static List<Condition> progressing() {
        return progressing(0, 1);
    }

    public static List<Condition> succeeded(int done, int all) {
        return policy(
                "True",
                "False",
                "False",
                "SuccessfullyConfigured",
                done + "/" + all + " nodes successfully configured");
    }

    /**
     * @param aborted nodes that left it alone, since it failed on others
     */
    public static List<Condition> failed(int failed, int aborted, int all) {
        return policy(
                "False",
                "True",
                "False",
                "FailedToConfigure",
                failed
                        + "/"
                        + all
                        + " nodes failed to configure"
                        + (aborted == 0 ? "" : ", " + aborted + " nodes aborted configuration"));
    }

    public static List<Condition> progressing(int done, int all) {
        return policy(
                "Unknown",
                "False",
                "True",
                "ConfigurationProgressing",
                "Policy is progressing " + done + "/" + all + " nodes finished");
    }

    public static List<Condition> ignored() {
        return List.of(one("Ignored", "True", "NoMatchingNode", "Policy does not match any node"));
    }

    /** Ours: what the policy asks for is others' to do. */
    public static List<Condition> leftToOthers() {
        return List.of(
                one(
                        "Ignored",
                        "True",
                        "NothingToConfigure",
                        "Nothing in the policy is configured by virt-dataplane"));
    }

    private static List<Condition> policy(
            String available, String degraded, String progressing, String reason, String message) {
        return List.of(
                one("Available", available, reason, message),
                one("Degraded", degraded, reason, degraded.equals("True") ? message : ""),
                one("Progressing", progressing, reason, ""),
                one("Ignored", "False", reason, ""));
    }

    static List<Condition> enacted() {
        return enactment("Available", "SuccessfullyConfigured", "successfully reconciled");
    }

    public static List<Condition> enacting() {
        return enactment("Progressing", "ConfigurationProgressing", "Applying desired state");
    }

    /** More nodes than may be are at it already. */
    public static List<Condition> pending() {
        return enactment(
                "Pending", "MaxUnavailableLimitReached", "Waiting for progressing nodes to finish");
    }

    /** It failed on another node, and is left alone on this one. */
    public static List<Condition> aborted(String failedOn) {
        return enactment(
                "Aborted",
                "ConfigurationAborted",
                "Aborted configuration since it failed on " + failedOn);
    }

    public static List<Condition> failing(String message) {
        return enactment("Failing", "FailedToConfigure", message);
    }

    /** It is in force, but for a device that is not there. */
    static List<Condition> lacking(String message) {
        return enactment("Failing", "DeviceMissing", message);
    }

    /** One of them is true. What is not known yet is so while it is at it, or waits. */
    private static List<Condition> enactment(String which, String reason, String message) {
        boolean isOpen = which.equals("Progressing") || which.equals("Pending");
        List<Condition> all = new ArrayList<>();
        for (String type : List.of("Available", "Failing", "Progressing", "Pending", "Aborted")) {
            boolean isIt = type.equals(which);
            boolean isUnknown = isOpen && (type.equals("Available") || type.equals("Failing"));
            all.add(
                    one(
                            type,
                            isIt ? "True" : isUnknown ? "Unknown" : "False",
                            reason,
                            isIt ? message : ""));
        }
        return all;
    }

    private static Condition one(String type, String status, String reason, String message) {
        return new Condition(type, status, reason, message, System.currentTimeMillis());
    }
}
