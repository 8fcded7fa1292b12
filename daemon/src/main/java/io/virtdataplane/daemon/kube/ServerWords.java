package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;

/** What the API server said, in a line: the client's own messages are a screen long. */
final class ServerWords {
    private ServerWords() {}

    static String of(Throwable failure) {
        if (failure instanceof KubernetesClientException e && e.getStatus() != null) {
            return "the API server said " + e.getCode() + ": " + e.getStatus().getMessage();
        }
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
