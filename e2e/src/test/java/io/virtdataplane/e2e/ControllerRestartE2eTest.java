package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What a controller knows after a restart, an outage of the API server, and with new keys. */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(300)
class ControllerRestartE2eTest {
    private static final String MAC = "macAddress: \"52:54:00:bb:00:0%d\"";
    private ControllerLab lab;

    @BeforeEach
    void open() {
        lab = new ControllerLab();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private static String machine(String namespace, String name, int mac) {
        return ControllerLab.machine(namespace, name, mac == 0 ? "" : MAC.formatted(mac));
    }

    @Test
    void addressesAreKnownFromTheApiAlone() { // 2179, and opt-in
        lab.api.kubectl("create", "namespace", "in");
        lab.api.kubectl("create", "namespace", "out");
        lab.api.kubectl(
                "label", "namespace", "in", "mutatevirtualmachines.kubemacpool.io=allocate");
        ControllerLab.Controller controller = lab.start("--mac-mode=opt-in");
        lab.api.applyText(machine("in", "a", 1));
        lab.api.applyText(machine("out", "b", 1)); // not the pool's: its own business
        assertThat(lab.macs("out", "b").getFirst()).isEmpty();
        List<String> macs = lab.macs("in", "a");
        controller.stop();
        assertThat(Shell.text(controller.log)).endsWith("stopped\n");

        assertThat(lab.refusal(machine("in", "c", 0)))
                .as("failurePolicy Fail")
                .contains("failed calling webhook");
        failurePolicy("Ignore");
        lab.api.applyText(machine("in", "c", 2)); // nobody saw it
        failurePolicy("Fail");
        controller = lab.start("--mac-mode=opt-in");
        assertThat(lab.leases())
                .as("ready only once all have a lease")
                .contains("mac-52-54-00-bb-00-01 in/a/net1")
                .contains("mac-52-54-00-bb-00-02 in/c/net1");
        for (int mac : List.of(1, 2)) {
            assertThat(lab.refusal(machine("in", "d", mac)))
                    .contains("holder=in/" + " ac".charAt(mac) + "/net1");
        }
        assertThat(lab.macs("in", "a")).isEqualTo(macs);

        String before = lab.leases();
        lab.api.kill();
        Wait.untilIn(controller.log, "leads no more", 60);
        lab.api.restart();
        Wait.until("leadership", 60, controller::leads, leads -> leads);
        Wait.until("an answer", 60, () -> lab.tryApply(machine("in", "e", 0)).ok(), ok -> ok);
        assertThat(lab.leases()).contains(before.strip().split("\n"));
        lab.api.kubectl("-n", "in", "delete", "vm", "c");
        Wait.until("the address", 30, () -> lab.tryApply(machine("in", "d", 2)).ok(), ok -> ok);
    }

    private void failurePolicy(String policy) {
        for (String hook :
                List.of("mutatingwebhookconfiguration", "validatingwebhookconfiguration")) {
            lab.api.kubectl(
                    "patch",
                    hook + "/virt-dataplane",
                    "--type=json",
                    "-p",
                    "[{\"op\": \"replace\", \"path\": \"/webhooks/0/failurePolicy\", \"value\": \"%s\"}]"
                            .formatted(policy));
        }
        Wait.until(
                "the policy " + policy,
                30,
                () -> lab.tryApply(machine("in", "probe", 0), "--dry-run=server").ok(),
                ok -> ok == policy.equals("Ignore"));
    }

    @Test
    void keyThatEndsSoonIsRenewedUnderTheSameAuthority() {
        ControllerLab.Controller controller = lab.start();
        lab.api.kubectl("create", "namespace", "in");
        String authority = secret("ca\\.crt");
        String old = secret("keystore\\.p12");
        String password = base64(secret("password"));
        String soon = withKeyOfOneDay(old, password);
        lab.api.kubectl(
                "-n",
                "virt-dataplane",
                "patch",
                "secret/virt-dataplane-webhook",
                "-p",
                "{\"data\": {\"keystore.p12\": \"%s\"}}".formatted(soon));
        Wait.untilIn(controller.log, "certificate renewed", 30);
        assertThat(secret("keystore\\.p12")).isNotIn(old, soon);
        assertThat(secret("ca\\.crt")).isEqualTo(authority);
        for (int i = 0; i < 3; i++) {
            lab.api.applyText(machine("in", "a" + i, 0));
        }
        assertThat(lab.macs("in", "a2")).doesNotContain("");
    }

    private String secret(String key) {
        return lab.api.kubectl(
                "-n",
                "virt-dataplane",
                "get",
                "secret/virt-dataplane-webhook",
                "-o",
                "jsonpath={.data." + key + "}");
    }

    private static String base64(String text) {
        return new String(
                java.util.Base64.getDecoder().decode(text),
                java.nio.charset.StandardCharsets.UTF_8);
    }

    private String withKeyOfOneDay(String store, String password) {
        return new Shell(lab.api.directory())
                .sh(
                        """
                        cd %s; keytool=$(%s java | sed 's#java$#keytool#')
                        printf %%s '%s' | base64 -d > soon.p12
                        for a in '-delete' '-genkeypair -signer ca -keyalg EC -dname CN=soon -ext san=ip:127.0.0.1 -validity 1'; do
                          $keytool $a -alias serving -keystore soon.p12 -storepass '%s' > /dev/null 2>&1
                        done
                        base64 -w0 soon.p12
                        """
                                .formatted(
                                        lab.api.directory(),
                                        java.nio.file.Path.of("../bin/find-jdk").toAbsolutePath(),
                                        store,
                                        password))
                .strip();
    }
}
