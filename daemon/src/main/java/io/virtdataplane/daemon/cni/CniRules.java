package io.virtdataplane.daemon.cni;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What the CNI specification and its reference implementation (pkg/skel) check of a call before
 * anything is done, in their order and words.
 */
final class CniRules {
    static final List<String> VERSIONS =
            List.of("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0");
    private static final Pattern ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.\\-]*");
    private static final Pattern BAD_IFNAME = Pattern.compile(".*[/:\\s].*", Pattern.DOTALL);
    private static final int LONGEST_IFNAME = 15;
    private static final int CHECK_SINCE = VERSIONS.indexOf("0.4.0");
    private static final int GC_SINCE = VERSIONS.indexOf("1.1.0");

    private CniRules() {}

    /** A value that cannot be is told before those that are missing. */
    static void checkEnvironment(CniCall call) {
        List<String> missing = new ArrayList<>();
        for (CniVariable variable : CniVariable.values()) {
            if (!variable.isRequiredBy(call.command()) && variable != CniVariable.CNI_COMMAND) {
                continue;
            }
            String value = call.variable(variable);
            if (value.isEmpty()) {
                missing.add(variable.name());
            } else {
                checkValue(variable, value);
            }
        }
        if (!missing.isEmpty()) {
            throw new CniException(
                    CniException.INVALID_ENVIRONMENT,
                    "required env variables [" + String.join(",", missing) + "] missing");
        }
    }

    private static void checkValue(CniVariable variable, String value) {
        if (variable == CniVariable.CNI_CONTAINERID && !ID.matcher(value).matches()) {
            throw new CniException(
                    CniException.INVALID_ENVIRONMENT,
                    "invalid characters in containerID",
                    "containerID=" + value);
        }
        if (variable == CniVariable.CNI_IFNAME) {
            String wrong = wrongIfname(value);
            if (!wrong.isEmpty()) {
                throw new CniException(
                        CniException.INVALID_ENVIRONMENT, wrong, "CNI_IFNAME=" + value);
            }
        }
    }

    private static String wrongIfname(String name) {
        if (name.length() > LONGEST_IFNAME) {
            return "interface name is too long";
        }
        if (name.equals(".") || name.equals("..")) {
            return "interface name is . or ..";
        }
        return BAD_IFNAME.matcher(name).matches()
                ? "interface name contains / or : or whitespace characters"
                : "";
    }

    static void checkName(String network) {
        if (network.isEmpty()) {
            throw new CniException(CniException.INVALID_CONFIG, "missing network name");
        }
        if (!ID.matcher(network).matches()) {
            throw new CniException(
                    CniException.INVALID_CONFIG,
                    "invalid characters found in network name",
                    "name=" + network);
        }
    }

    static void checkVersion(String command, String version) {
        int known = VERSIONS.indexOf(version);
        if (known >= 0 && command.equals("CHECK") && known < CHECK_SINCE) {
            throw new CniException(
                    CniException.INCOMPATIBLE_VERSION,
                    "config version does not allow CHECK",
                    "cniVersion=" + version);
        }
        boolean isNew = command.equals("GC") || command.equals("STATUS");
        if (known >= 0 && isNew && known < GC_SINCE) {
            throw new CniException(
                    CniException.INCOMPATIBLE_VERSION,
                    "config version does not allow " + command,
                    "cniVersion=" + version);
        }
        if (known < 0) {
            throw new CniException(
                    CniException.INCOMPATIBLE_VERSION,
                    "incompatible CNI versions",
                    "config is \"" + version + "\", plugin supports " + VERSIONS);
        }
    }
}
