package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The daemon is started anew, as for an upgrade or after a crash, under traffic. */
@RootTest
@Timeout(180)
class RestartE2eTest {
    private static final int CONNECTIONS = 50; // of each direction and family
    private static final int DATAGRAMS = 2500; // a second
    private static final String ALL_PORTS =
            Lab.CHAPTER.replaceAll("(?m)^ *(ports:|- port: \\d+)\n", "");

    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    private Talks talksOfAllKinds() {
        return new Talks(lab)
                .talk("tcp", lab.out, Lab.OUTSIDE, lab.guest, Lab.OUTSIDE, CONNECTIONS)
                .talk("tcp", lab.out, Lab.OUTSIDE6, lab.guest, Lab.OUTSIDE6, CONNECTIONS)
                .talk("tcp", lab.guest, "10.0.2.2", lab.out, Lab.POD_ADDRESS, CONNECTIONS)
                .talk("tcp", lab.guest, "fd10:0:2::2", lab.out, Lab.POD_ADDRESS6, CONNECTIONS)
                .talk("udp", lab.out, Lab.OUTSIDE, lab.guest, Lab.OUTSIDE, DATAGRAMS)
                .talk("udp", lab.guest, "fd10:0:2::2", lab.out, Lab.POD_ADDRESS6, DATAGRAMS)
                .ping(lab.guest, Lab.OUTSIDE)
                .ping(lab.guest, Lab.OUTSIDE6)
                .open();
    }

    private void stop(String how) {
        if (how.equals("SIGTERM")) {
            lab.endDaemon();
        } else {
            lab.killDaemon();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SIGTERM", "SIGKILL"})
    void establishedFlowsDoNotNotice(String how) {
        lab.keeping().daemon().attachDevice(ALL_PORTS).configureGuest();
        Talks talks = talksOfAllKinds();
        stop(how);
        lab.daemon();
        lab.mustIn(lab.guest, "ping -qc1 -W5 " + Lab.OUTSIDE);
        List<Talks.Noticed> noticed = talks.end(how);
        assertThat(lab.daemonLog()).contains("programs=kept").doesNotContain("set aside");
        for (Talks.Noticed each : noticed) {
            if (each.name().startsWith("tcp")) {
                assertThat(each.lost()).as(each.name()).isZero();
                assertThat(each.silence()).as(each.name()).isLessThan(1000);
            } else if (each.name().startsWith("udp")) {
                assertThat(each.lost()).as(each.name()).isLessThan(each.of() / 50);
                assertThat(each.silence()).as(each.name()).isLessThan(500);
            } else {
                assertThat(each.silence()).as(each.name()).isLessThan(8000);
            }
        }
    }
}
