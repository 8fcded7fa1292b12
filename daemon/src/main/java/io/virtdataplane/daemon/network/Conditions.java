package io.virtdataplane.daemon.network;

import java.util.List;

/** Conditions of policies and enactments, as Kubernetes NMState words them. */
final class Conditions {
    private Conditions() {}

    static List<Condition> succeeded() {
        return policy(
                "True",
                "False",
                "False",
                "SuccessfullyConfigured",
                "1/1 nodes successfully configured");
    }

    static List<Condition> failed() {
        return policy(
                "False", "True", "False", "FailedToConfigure", "1/1 nodes failed to configure");
    }

    static List<Condition> progressing() {
        return policy(
                "Unknown",
                "False",
                "True",
                "ConfigurationProgressing",
                "Policy is progressing 0/1 nodes finished");
    }

    static List<Condition> ignored() {
        return List.of(one("Ignored", "True", "NoMatchingNode", "Policy does not match any node"));
    }

    /** Ours: what the policy asks for is others' to do. */
    static List<Condition> leftToOthers() {
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
        return enactment("True", "False", "SuccessfullyConfigured", "successfully reconciled");
    }

    static List<Condition> enacting() {
        return List.of(
                one("Progressing", "True", "ConfigurationProgressing", "Applying desired state"));
    }

    static List<Condition> failing(String message) {
        return enactment("False", "True", "FailedToConfigure", message);
    }

    private static List<Condition> enactment(
            String available, String failing, String reason, String message) {
        return List.of(
                one("Available", available, reason, message),
                one("Failing", failing, reason, failing.equals("True") ? message : ""),
                one("Progressing", "False", reason, ""),
                one("Pending", "False", reason, ""),
                one("Aborted", "False", reason, ""));
    }

    private static Condition one(String type, String status, String reason, String message) {
        return new Condition(type, status, reason, message, System.currentTimeMillis());
    }
}
