package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LoginTest {
    private static final String PASSWORD = "correct horse battery";
    private static final InetAddress PEER = InetAddress.ofLiteral("192.0.2.1");
    private long nowNs = Long.MAX_VALUE - 5; // a clock of nanoseconds may wrap
    private final Login login = new Login(PASSWORD, () -> nowNs);

    private int code(InetAddress peer, String password) {
        try {
            login.open(peer, password);
            return 200;
        } catch (Refusal e) {
            assertThat(e.field()).isEqualTo("password");
            return e.code();
        }
    }

    @Test
    void onlyThePasswordOpensASession() {
        assertThat(login.sessions().use(login.open(PEER, PASSWORD))).isTrue();
        assertThat(code(PEER, PASSWORD + " ")).isEqualTo(401);
        assertThat(code(PEER, "")).isEqualTo(401);
        assertThat(login.sessions().use("")).isFalse();
    }

    @Test
    void afterFiveWrongOnesAPeerWaitsAndOthersDoNot() {
        for (int i = 0; i < LoginLimit.OF_A_PEER; i++) {
            assertThat(code(PEER, "wrong")).isEqualTo(401);
        }
        assertThat(code(PEER, PASSWORD)).as("the right one too").isEqualTo(429);
        assertThat(code(InetAddress.ofLiteral("192.0.2.2"), PASSWORD)).isEqualTo(200);
        nowNs += Duration.ofSeconds(29).toNanos();
        assertThat(code(PEER, PASSWORD)).isEqualTo(429);
        nowNs += Duration.ofSeconds(1).toNanos();
        assertThat(code(PEER, "wrong")).isEqualTo(401);
        assertThat(code(PEER, "wrong")).isEqualTo(429);
    }

    @Test
    void theRightOneForgetsTheWrongOnes() {
        for (int i = 0; i < 20; i++) {
            nowNs += Duration.ofSeconds(1).toNanos();
            assertThat(code(PEER, i % 4 == 3 ? PASSWORD : "wrong")).isIn(200, 401);
        }
    }

    @Test
    void manyAddressesDoNotHelp() {
        int tried = 0;
        for (int i = 0; i < 10_000; i++) {
            nowNs += 1_000_000; // all of them in ten seconds
            InetAddress peer = InetAddress.ofLiteral("10.0." + i / 250 + "." + i % 250);
            tried += code(peer, "wrong") == 401 ? 1 : 0;
        }
        assertThat(tried).isBetween(LoginLimit.OF_ALL, LoginLimit.OF_ALL + 101);
    }

    @Test
    void addressesOfOneIpv6NetworkAreOnePeer() {
        for (int i = 0; i < LoginLimit.OF_A_PEER; i++) {
            assertThat(code(InetAddress.ofLiteral("2001:db8:0:1::" + i), "wrong")).isEqualTo(401);
        }
        assertThat(code(InetAddress.ofLiteral("2001:db8:0:1:ffff::1"), "wrong")).isEqualTo(429);
        assertThat(code(InetAddress.ofLiteral("2001:db8:0:2::1"), "wrong")).isEqualTo(401);
    }

    @Test
    void aSessionEndsByItsOwnerOrAfterEightHoursUnused() {
        Sessions sessions = login.sessions();
        String one = login.open(PEER, PASSWORD);
        String other = login.open(PEER, PASSWORD);
        nowNs += Duration.ofHours(7).toNanos();
        assertThat(sessions.use(one)).isTrue();
        nowNs += Duration.ofHours(7).toNanos();
        assertThat(sessions.use(other)).isFalse();
        assertThat(sessions.use(one)).isTrue();
        sessions.end(one);
        assertThat(sessions.use(one)).isFalse();
    }

    @Test
    void sessionsAreBounded() {
        Sessions sessions = login.sessions();
        String first = sessions.open();
        String used = sessions.open();
        for (int i = 2; i < Sessions.MOST; i++) {
            sessions.open();
        }
        assertThat(sessions.use(used)).isTrue();
        assertThat(sessions.use(sessions.open())).isTrue();
        assertThat(sessions.use(first)).as("used longest ago").isFalse();
        assertThat(sessions.use(used)).isTrue();
    }
}
