package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The daemon as a service: what it says to systemd, who may use its socket, that it ends cleanly
 * and idles quietly.
 */
@RootTest
@Timeout(120)
class ServiceE2eTest {
    private static final Pattern ABOUT_DESCRIPTORS = Pattern.compile("(FD|BARRIER).*");
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void tellsSystemdWhenItIsReadyAliveAndStopping() {
        Path socket = lab.shell.directory().resolve("notify.sock");
        Path said = lab.shell.directory().resolve("notify.log");
        lab.shell.start(
                said,
                "python3",
                "-uc",
                """
                import socket, sys
                s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                s.bind(sys.argv[1])
                while True: print(s.recv(4096).decode())
                """,
                socket.toString());
        Wait.until("the socket for notices", 20, () -> Files.exists(socket), exists -> exists);
        lab.environment("NOTIFY_SOCKET", socket.toString())
                .environment("WATCHDOG_USEC", "1000000")
                .daemon();
        Wait.until(
                "a second sign of life",
                20,
                () -> Shell.text(said),
                notices -> notices.lines().filter("WATCHDOG=1"::equals).count() > 1);
        lab.shell.end(lab.daemonProcess());
        String all = Wait.untilIn(said, "STOPPING=1", 10);
        assertThat(
                        all.lines()
                                .filter(line -> !ABOUT_DESCRIPTORS.matcher(line).matches())
                                .distinct())
                .containsExactly("READY=1", "WATCHDOG=1", "STOPPING=1");
        assertThat(all.lines().limit(6))
                .as("whether it keeps descriptors")
                .containsExactly(
                        "FDSTORE=1",
                        "FDPOLL=0",
                        "FDNAME=probe",
                        "BARRIER=1",
                        "FDSTOREREMOVE=1",
                        "FDNAME=probe");
        assertThat(lab.daemonProcess().exitValue())
                .as("128 + SIGTERM, as systemd takes for success")
                .isEqualTo(143);
        assertThat(Files.exists(Path.of(lab.socket()))).isFalse();
    }

    @Test
    void strangersAreKeptOut() {
        lab.daemon();
        assertThat(lab.shell.must("stat", "-c", "%a", lab.socket()).strip()).isEqualTo("660");
        lab.shell.must("chmod", "777", lab.socket());
        lab.shell.must("chmod", "755", lab.shell.directory().toString());
        String asNobody =
                "setpriv --reuid=65534 --regid=65534 --clear-groups "
                        + Path.of("").toAbsolutePath().getParent()
                        + "/bin/virt-dataplane get nics --socket "
                        + lab.socket();
        Shell.Result result = lab.shell.run("bash", "-c", asNobody);
        assertThat(result.code()).as(result.out()).isEqualTo(3);
        assertThat(lab.daemonLog()).contains("control connection refused: uid=65534");
        assertThat(lab.mustClient("get", "nics")).contains("NAME");
    }

    @Test
    void idleDaemonSleeps() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.mustIn(lab.guest, "ping -c1 -W2 10.0.2.1");
        awaitQuietSecond(1);
        Wait.until(
                "five seconds of at most 1 % of a core (bench/side-by-side measures it finer)",
                30, () -> ticksIn(5), ticks -> ticks <= 5);
    }

    /** By then the daemon has done what a start or a change brings with it. */
    private void awaitQuietSecond(int mostTicks) {
        Wait.until("a quiet second", 30, () -> ticksIn(1), ticks -> ticks <= mostTicks);
    }

    /** Processor time that the daemon takes, in hundredths of a second. */
    private int ticksIn(int seconds) {
        int before = ticks();
        Wait.letTimePass(seconds * 1000L); // a rate is measured over a time
        return ticks() - before;
    }

    private int ticks() {
        String stat = "awk '{print $14+$15}' /proc/" + lab.daemonProcess().pid() + "/stat";
        return Integer.parseInt(lab.shell.sh(stat).strip());
    }

    @Test
    void membersOfTheGroupAreLetIn() throws IOException {
        Path config =
                Files.writeString(lab.shell.directory().resolve("config.yaml"), "group: adm\n");
        lab.daemon("--config", config.toString());
        lab.shell.must("chmod", "755", lab.shell.directory().toString());
        String client =
                Path.of("").toAbsolutePath().getParent()
                        + "/bin/virt-dataplane get nics --socket "
                        + lab.socket();
        String gid = lab.shell.sh("getent group adm | cut -d: -f3").strip();
        assertThat(lab.shell.must("stat", "-c", "%G", lab.socket()).strip()).isEqualTo("adm");
        assertThat(
                        lab.shell
                                .run(
                                        "bash",
                                        "-c",
                                        "setpriv --reuid=65534 --regid=65534 --groups "
                                                + gid
                                                + " "
                                                + client)
                                .code())
                .as("supplementary group")
                .isZero();
        assertThat(
                        lab.shell
                                .run(
                                        "bash",
                                        "-c",
                                        "setpriv --reuid=65534 --regid=65534 --clear-groups "
                                                + client)
                                .code())
                .isEqualTo(3);
    }

    @Test
    void secondDaemonIsRefusedAndHarmsNothing() throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        String run =
                Path.of("").toAbsolutePath().getParent()
                        + "/bin/virt-dataplane run --socket "
                        + lab.socket()
                        + " --state-dir "
                        + lab.shell.directory();
        Shell.Result sameSocket = lab.shell.run("bash", "-c", run + "/other");
        assertThat(sameSocket.code()).isEqualTo(1);
        assertThat(sameSocket.out()).contains("socket must not be in use by another daemon");
        Shell.Result sameState = lab.shell.run("bash", "-c", run + "/state");
        assertThat(sameState.code()).isEqualTo(1);
        assertThat(sameState.out()).contains("stateDirectory must not be in use by another daemon");
        assertThat(lab.mustClient("get", "nics")).contains("vm/default");
        try (var files = Files.list(lab.shell.directory().resolve("state/attachments"))) {
            assertThat(files.filter(file -> file.toString().endsWith(".attach"))).hasSize(1);
        }
    }

    @Test
    void epollSurvivesDetachUnderLoadAndAGuestDeviceThatGoes() {
        lab.daemon("--poller", "epoll").attachTap(Lab.CHAPTER).configureGuest();
        lab.startIn(lab.guest, "ping", "-q", "-f", "-s", "1400", Lab.OUTSIDE);
        Wait.until(
                "load",
                20,
                () -> lab.mustClient("get", "counters", "vm"),
                counters -> counters.matches("(?s).*to_guest_frames +\\d{3}.*"));
        lab.mustClient("detach", "vm");
        lab.attachTap(Lab.CHAPTER);
        lab.shell.must("ip", "-n", lab.guest, "link", "del", "eth0");
        awaitQuietSecond(10);
        assertThat(ticksIn(2)).isLessThan(20);
        assertThat(lab.mustClient("get", "nics")).contains("vm/default");
    }
}
