package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.Client;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What strangers try: guests with names that are scripts, other users of the node, guessers. */
@RootTest
@Timeout(180)
class ConsoleSecurityE2eTest {
    private static final String EVIL = "<img src=x onerror=\"window.owned=1\">";

    /** A guest agent whose interface has a script for a name, and which then says a script. */
    private static final String AGENT =
            """
            import json, os, socket, sys
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(sys.argv[1])
            listener.listen()
            asked = 0
            while True:
                peer, _ = listener.accept()
                for line in peer.makefile("rb"):
                    question = json.loads(line.replace(b"\\xff", b""))
                    if question["execute"] == "guest-sync-delimited":
                        peer.sendall(b"\\xff" + json.dumps({"return": question["arguments"]["id"]}).encode() + b"\\n")
                        continue
                    asked += 1
                    answer = {"return": [{"name": sys.argv[2], "hardware-address": "02:00:00:00:00:99",
                        "ip-addresses": [{"ip-address": "192.0.2.99", "ip-address-type": "ipv4", "prefix": 24}]}]}
                    if os.path.exists(sys.argv[1] + ".error"):
                        answer = {"error": {"class": "GenericError", "desc": sys.argv[2]}}
                    peer.sendall(json.dumps(answer).encode() + b"\\n")
            """;

    private final ConsoleLab console = new ConsoleLab();
    private final Lab lab = console.lab;

    @AfterEach
    void close() {
        console.close();
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(lab.shell.directory().resolve(name), text);
    }

    @Test
    void whatGuestsAndManifestsSayIsShownAsText() throws IOException {
        Path socket = lab.shell.directory().resolve("agent.sock");
        lab.startIn(lab.guest, "python3", file("agent.py", AGENT).toString(), socket + "", EVIL);
        Wait.until("the agent", 10, () -> Files.exists(socket), there -> there);
        console.attach("with-agent", "tap1", socket.toString());
        lab.mustIn(
                lab.guest, "busybox udhcpc -f -q -n -i eth0 -s /bin/true -x hostname:" + "'<b>x'");
        console.bridge("br2", EVIL);
        Browser browser = console.browser();
        browser.open("machines/with-agent").await(EVIL, "only in the guest", "192.0.2.99");
        browser.open("bridges").await("br2", EVIL);
        browser.open("bridges/br2").await(EVIL);
        Files.createFile(Path.of(socket + ".error"));
        browser.open("machines/with-agent").await("Does not answer", EVIL);
        browser.open("events").await("Lease", EVIL);
        browser.open(
                        "machines/"
                                + URLEncoder.encode(EVIL, StandardCharsets.UTF_8)
                                        .replace("+", "%20"))
                .await("no such machine", EVIL);
        browser.open("node").await("Workers");
        assertThat(browser.isOwned()).as("a script has run").isFalse();
        assertThat(browser.complaints()).allMatch(line -> line.contains("404"));
    }

    @Test
    void aNicCannotHaveAScriptForAName() {
        try (Client client = new Client(Path.of(lab.socket()))) {
            String manifest = BridgeLab.machine("evil", "many").replace("bridge-net", "<script>");
            AttachRequest request =
                    AttachRequest.newBuilder()
                            .setManifest(manifest)
                            .setInterface("<script>")
                            .setNetns(lab.pod)
                            .setGuest("tap:tap9")
                            .build();
            assertThatThrownBy(() -> client.call().attach(request))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("INVALID_ARGUMENT");
        }
    }

    @Test
    void otherUsersOfTheNodeGetNothingWithoutTheToken() {
        String address = console.console();
        String site = address.replaceFirst("/#token=.*", "");
        String token = "Authorization: Bearer " + address.replaceFirst(".*#token=", "");
        List<String> stranger =
                List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "curl");
        assertThat(ask(stranger, site + "/api/nics", "")).contains("\n401").doesNotContain("vm");
        assertThat(ask(stranger, site + "/api/nics", token + "x")).contains("\n401");
        assertThat(ask(stranger, site + "/api/nics", token)).contains("\n200", "example-vm");
        assertThat(lab.shell.run("ps", "-eo", "args").out())
                .as("what every user sees")
                .contains("console --socket")
                .doesNotContain(address.replaceFirst(".*#token=", ""));
    }

    private String ask(List<String> curl, String address, String header) {
        String[] options = {"-sS", "-m", "20", "-H", header, "-w", "\n%{http_code}", address};
        return lab.shell
                .run(Stream.concat(curl.stream(), Arrays.stream(options)).toArray(String[]::new))
                .out();
    }

    @Test
    void overTlsThePasswordLetsInByKeyboardAndGuessersWait() throws IOException {
        Path password = file("password", "correct horse battery\n");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        Path key = lab.shell.directory().resolve("tls.key");
        Path certificate = lab.shell.directory().resolve("tls.crt");
        lab.shell.sh(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s -out %s -days 1 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 2>&1"
                        .formatted(key, certificate));
        String[] options = {
            "--listen", "127.0.0.1:0",
            "--tls-cert", certificate.toString(),
            "--tls-key", key.toString(),
            "--password-file", password.toString()
        };
        Browser browser = console.browser(options);
        browser.awaitPage("login").await("Password").judge();
        browser.focus("password").type("wrong password").press(Browser.ENTER);
        browser.await("The password is wrong.");
        assertThat(browser.focused()).isEqualTo("password");
        browser.judge();
        browser.type("correct horse battery").press(Browser.ENTER);
        browser.awaitPage("machines").await("example-vm");
        browser.open("node").await("Log out").focus("leave").press(Browser.ENTER);
        browser.awaitPage("login");
        for (int i = 0; i < 5; i++) {
            browser.focus("password").type("wrong " + i).press(Browser.ENTER);
            browser.await("The password is wrong.");
        }
        browser.type("correct horse battery").press(Browser.ENTER).await("Too many tries: wait");
        browser.ask("machines").awaitPage("login");
        assertThat(browser.complaints()).allMatch(line -> line.matches(".* 4(01|29) .*"));
    }
}
