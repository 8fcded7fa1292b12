package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That the API server of the other tests is a real one, and that its outage is one. */
@RootTest
@Timeout(240)
class ApiServerE2eTest {
    @Test
    void outageKeepsObjectsAndUsersHaveNoRightsUntilTheyAreGiven() {
        try (ApiServer api = ApiServer.start();
                Lab lab = new Lab()) {
            api.kubectl("create", "configmap", "kept", "--from-literal=a=b");
            assertThat(api.kubectlAs(ApiServer.NODE1, "get", "configmaps").out())
                    .contains("Forbidden")
                    .contains("\"node1\"");
            api.kubectl("create", "clusterrole", "nodes", "--verb=list", "--resource=configmaps");
            api.kubectl(
                    "create",
                    "clusterrolebinding",
                    "nodes",
                    "--clusterrole=nodes",
                    "--group=" + ApiServer.NODES);
            Wait.until(
                    "the right",
                    10,
                    () -> api.kubectlAs(ApiServer.NODE1, "get", "configmaps", "-o", "name").out(),
                    out -> out.contains("configmap/kept"));
            api.kill();
            assertThat(api.kubectlAs(ApiServer.NODE1, "get", "configmaps").out())
                    .contains("refused");
            api.restart();
            assertThat(api.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}"))
                    .isEqualTo("b");
            api.letReachFrom(lab.out);
            Wait.until(
                    "the API server in the namespace",
                    10,
                    () ->
                            api.kubectlFrom(
                                    lab.out, ApiServer.NODE1, "get", "configmap", "-o", "name"),
                    result -> result.out().contains("configmap/kept"));
            api.stop();
            assertThat(api.kubectlAs(ApiServer.ADMIN, "version").ok()).isFalse();
        }
    }

    @Test
    void controllerManagerMakesEndpointsOfPodsThatATestSaysAreReady() {
        try (ApiServer api = ApiServer.start()) {
            api.startControllerManager();
            api.applyText(
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: web, namespace: default}
                    spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
                    ---
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: web-1, namespace: default, labels: {app: web}}
                    spec: {nodeName: node1, containers: [{name: web, image: none}]}
                    """);
            api.kubectl(
                    "patch",
                    "pod",
                    "web-1",
                    "--subresource=status",
                    "--type=merge",
                    "-p",
                    """
                    {"status": {"phase": "Running", "podIP": "10.244.1.5", "podIPs": [{"ip": "10.244.1.5"}],
                      "conditions": [{"type": "Ready", "status": "True"}]}}
                    """);
            Wait.until(
                    "the endpoint",
                    30,
                    () -> api.kubectlAs(ApiServer.ADMIN, "get", "endpoints", "web").out(),
                    out -> out.contains("10.244.1.5:8080"));
        }
    }
}
