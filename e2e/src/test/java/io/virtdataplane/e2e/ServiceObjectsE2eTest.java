package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Services by the command line, with a machine behind them, over a restart and a crash. */
@RootTest
@Timeout(120)
class ServiceObjectsE2eTest {
    private static final String MACHINE =
            """
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata: {name: vm-ephemeral, namespace: example-namespace}
            spec:
              running: false
              template:
                metadata:
                  labels: {special: key}
                spec:
                  domain:
                    devices:
                      interfaces: [{name: default, masquerade: {}, ports: [{name: ssh, port: 22}]}]
                  networks: [{name: default, pod: {}}]
            """;
    static final String CHAPTER =
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: vmservice
              namespace: example-namespace
            spec:
              externalTrafficPolicy: Cluster
              ports:
              - nodePort: 30000
                port: 27017
                protocol: TCP
                targetPort: 22
              selector:
                special: key
              type: NodePort
            """;
    private static final String OF_A_MESH =
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: vm-istio
            spec:
              selector:
                app: vm-istio
              ports:
                - port: 8080
                  name: http
                  protocol: TCP
            """;
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    private String must(String... arguments) {
        return CliLab.must(Path.of(lab.socket()), arguments);
    }

    private CliLab.Result client(String... arguments) {
        return CliLab.run(Path.of(lab.socket()), arguments);
    }

    private String[] row(String... get) {
        return must(get).lines().toList().getLast().split(" {3,}");
    }

    private String apply(String manifest) {
        return must("apply", "-f", lab.manifest(manifest).toString());
    }

    @Test
    void areGivenShownKeptAndDeletedAsInTheChapter() {
        lab.daemon("--load-balancer-pool", "172.29.10.235/32").attachTap(MACHINE);
        assertThat(apply(CHAPTER + "---\n" + OF_A_MESH))
                .contains("service/example-namespace/vmservice created")
                .contains("service/default/vm-istio created");
        String[] get = {"get", "service", "-n", "example-namespace"};
        assertThat(must(get))
                .matches(
                        """
                        NAME        TYPE       CLUSTER-IP +EXTERNAL-IP   PORT\\(S\\)           AGE
                        vmservice   NodePort   10\\.[0-9.]+ +<none>        27017:30000/TCP   \\d+s
                        """);
        String[] before = row(get);
        assertThat(must("describe", "svc", "vmservice"))
                .containsPattern("Selector: +special=key\n")
                .containsPattern("NodePort: +<unset>  30000/TCP\n")
                .containsPattern("Endpoints: +" + Lab.POD_ADDRESS + ":22\n")
                .doesNotContain("Not an endpoint");
        assertThat(must("get", "svc", "vm-istio", "-o", "yaml"))
                .contains("kind: Service\n", "  namespace: default\n", "    targetPort: 8080\n")
                .contains("status:\n  loadBalancer: {}\n");
        assertThat(must("get", "services", "-o", "json"))
                .contains("\"kind\" : \"List\"", "\"nodePort\" : 30000");

        must("set", "vm-ephemeral", "--ports", "TCP/80");
        assertThat(must("describe", "service", "vmservice"))
                .containsPattern("Endpoints: +<none>\n")
                .containsPattern(
                        "Not an endpoint: +example-namespace/vm-ephemeral: targetPort 22/TCP must be an open port of the machine: open=TCP/80\n");
        assertThat(must("events"))
                .contains("TargetPortNotOpen")
                .contains("machine=example-namespace/vm-ephemeral targetPort=TCP/22");
        must("set", "vm-ephemeral", "--ports", "TCP/22,TCP/80");

        lab.killDaemon();
        lab.daemon("--load-balancer-pool", "172.29.10.235/32");
        assertThat(row(get)).startsWith(before[0], before[1], before[2], before[3], before[4]);
        assertThat(apply(CHAPTER)).contains("service/example-namespace/vmservice unchanged");
        assertThat(apply(CHAPTER.replace("NodePort", "LoadBalancer"))).contains("configured");
        assertThat(row(get))
                .startsWith("vmservice", "LoadBalancer", before[2], "172.29.10.235")
                .contains("27017:30000/TCP");
        apply(OF_A_MESH + "  type: LoadBalancer\n");
        assertThat(row("get", "svc", "-n", "default", "-o", "wide"))
                .contains("<pending>", "app=vm-istio");
        assertThat(must("delete", "service", "example-namespace/vmservice"))
                .isEqualTo("service/example-namespace/vmservice deleted\n");
        assertThat(row("get", "svc")).startsWith("default", "vm-istio").contains("172.29.10.235");
    }

    @Test
    void wrongOnesAreRefusedInTheWordsOfTheApiServer() {
        lab.daemon("--service-cluster-ip-range", "10.43.0.0/16,fd00:43::/112").attachTap(MACHINE);
        String[][] wrong = {
            {
                "port: 27017",
                "port: 0",
                "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"
            },
            {
                "targetPort: 22",
                "targetPort: 23",
                "spec.ports[0].targetPort: Invalid value: 23: must be an open port of the machine: open=TCP/22 machine=example-namespace/vm-ephemeral"
            },
            {
                "targetPort: 22",
                "targetPort: http",
                "spec.ports[0].targetPort: Invalid value: \"http\": must be the name of a TCP port that the machine lists"
            },
            {
                "nodePort: 30000",
                "nodePort: 22",
                "spec.ports[0].nodePort: Invalid value: 22: provided port is not in the valid range. The range of valid ports is 30000-32767"
            },
        };
        for (String[] row : wrong) {
            String manifest = lab.manifest(CHAPTER.replace(row[0], row[1])).toString();
            CliLab.Result refused = client("apply", "-f", manifest);
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err())
                    .startsWith("virt-dataplane: Service example-namespace/vmservice: " + row[2])
                    .hasLineCount(1);
        }
        assertThat(must("get", "services")).hasLineCount(1);
        apply(
                CHAPTER.replace(
                        "targetPort: 22", "targetPort: ssh\n  ipFamilyPolicy: RequireDualStack"));
        assertThat(must("describe", "svc", "vmservice"))
                .containsPattern("IPs: +10\\.43\\.[0-9.]+,fd00:43::[0-9a-f]+\n")
                .containsPattern(
                        "Endpoints: +"
                                + Lab.POD_ADDRESS
                                + ":22,\\["
                                + Lab.POD_ADDRESS6
                                + "\\]:22\n");
        assertThat(client("get", "nics", "-n", "default").err())
                .contains("--namespace is for networks, services");
    }
}
