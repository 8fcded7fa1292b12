package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a cluster has at IPv4 link-local addresses: a cloud's metadata service, a node's DNS cache,
 * the source of a mesh's probes and of a Service's hairpin. The kernel's masquerade is held to the
 * same.
 */
@RootTest
@Timeout(60)
class LinkLocalE2eTest {
    private static final String METADATA = "169.254.169.254";
    private static final String PROBER = "169.254.7.127";
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    private void services() {
        for (String address : new String[] {METADATA, PROBER}) {
            lab.shell.must("ip", "-n", lab.out, "addr", "add", address + "/32", "dev", "lo");
        }
        lab.httpd(lab.out, 80, lab.page("metadata"));
        lab.httpd(lab.guest, 80, lab.page("guest"));
    }

    private String metadata() {
        return lab.in(lab.guest, "curl -sS -m 2 http://" + METADATA + "/").out();
    }

    private String probe() {
        String curl = "curl -sS -m 2 --interface " + PROBER + " http://" + Lab.POD_ADDRESS + "/";
        return lab.in(lab.out, curl).out();
    }

    @ParameterizedTest
    @ValueSource(strings = {"kernel", "virt-dataplane"})
    void servicesAreReachedAndProbesAnswered(String carrier) {
        if (carrier.equals("kernel")) {
            KernelMasquerade.attach(lab);
        } else {
            lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        }
        services();
        assertThat(metadata()).isEqualTo("metadata");
        assertThat(probe()).isEqualTo("guest");
    }

    @Test
    void theyAreShutUnderTraffic() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        services();
        assertThat(metadata()).isEqualTo("metadata");
        lab.mustClient("set", "vm", "--link-local", "drop");
        assertThat(metadata()).contains("timed out");
        assertThat(probe()).contains("timed out");
        assertThat(lab.mustClient("drops")).contains("drop_martian");
        lab.mustClient("set", "vm", "--link-local", "pass");
        assertThat(probe()).isEqualTo("guest");
    }
}
