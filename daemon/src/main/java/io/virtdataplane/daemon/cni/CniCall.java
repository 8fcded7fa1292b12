package io.virtdataplane.daemon.cni;

import io.virtdataplane.api.CniAttachment;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One call of a container runtime, as the plugin's executable hands it on.
 *
 * @param environment its variables, those that begin with CNI_
 * @param input what it wrote to the plugin's standard input
 */
record CniCall(Map<String, String> environment, String input) {
    /** NAME=VALUE, each ended by a zero byte; one more; the rest is the input. */
    static CniCall read(byte[] message) {
        Map<String, String> environment = new LinkedHashMap<>();
        int at = 0;
        while (at < message.length && message[at] != 0) {
            int end = at;
            while (end < message.length && message[end] != 0) {
                end++;
            }
            String pair = new String(message, at, end - at, StandardCharsets.UTF_8);
            int equals = pair.indexOf('=');
            if (equals > 0) {
                environment.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
            at = end + 1;
        }
        int input = Math.min(at + 1, message.length);
        return new CniCall(
                environment,
                new String(message, input, message.length - input, StandardCharsets.UTF_8));
    }

    /** By what the runtime knows what the call is about. */
    CniAttachment attachment(String network) {
        return CniAttachment.newBuilder()
                .setContainerId(containerId())
                .setIfname(ifname())
                .setNetwork(network)
                .build();
    }

    String variable(CniVariable variable) {
        return environment.getOrDefault(variable.name(), "");
    }

    String command() {
        return variable(CniVariable.CNI_COMMAND);
    }

    String containerId() {
        return variable(CniVariable.CNI_CONTAINERID);
    }

    String netns() {
        return variable(CniVariable.CNI_NETNS);
    }

    String ifname() {
        return variable(CniVariable.CNI_IFNAME);
    }
}
