package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;

/** What the API server said, in a line: the client's own messages are a screen long. */
final class ServerWords {
    private ServerWords() {}

    static String of(Throwable failure) {
        Throwable cause = failure;
        while (!isAnswer(cause) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof KubernetesClientException answer && isAnswer(cause)) {
            return "the API server said "
                    + answer.getCode()
                    + ": "
                    + answer.getStatus().getMessage();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private static boolean isAnswer(Throwable failure) {
        return failure instanceof KubernetesClientException e
                && e.getCode() > 0
                && e.getStatus() != null;
    }
}
