package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A container runtime gives pods their NICs: the plugin's executable, daemon and all. */
@RootTest
@Timeout(120)
class CniE2eTest {
    private static final String ID = "c0ffee00c0ffee00";

    /** A network, the code, and words of the message. */
    private static final String[] BAD_NETWORKS = {
        "{} | 7 | missing network name",
        "{\"name\":\"a/b\"} | 7 | invalid characters found in network name",
        "not json | 6 | failed to load netconf",
        "{\"cniVersion\":\"9.9\",\"name\":\"n\"} | 1 | incompatible CNI versions",
        "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"type\":\"other\"} | 7 | type must be one of",
        "{\"cniVersion\":\"0.2.0\",\"name\":\"n\",\"type\":\"cnv-bridge\",\"bridge\":\"br1\"} | 1 | cannot convert: no valid IP addresses",
        "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"type\":\"cnv-bridge\",\"bridge\":\"br1\",\"vlan\":5000} | 7 | invalid VLAN ID 5000",
        "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"type\":\"cnv-bridge\",\"bridge\":\"br1\",\"ipam\":{\"type\":\"host-local\"}} | 7 | ipam must be empty",
        "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"type\":\"cnv-bridge\",\"bridge\":\"br7\"} | 999 | no such bridge: name=br7",
        "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"type\":\"virt-dataplane\",\"prots\":[]} | 7 | unknown key of a virt-dataplane network: key=prots"
    };

    private final BridgeLab bridge = new BridgeLab().bridges();
    private final Lab lab = bridge.lab;
    private final CniCaller cni = new CniCaller(lab);

    @AfterEach
    void close() {
        bridge.close();
    }

    private static String network(String version, String keys) {
        return "{\"cniVersion\":\"%s\",\"name\":\"vlan100\",\"type\":\"cnv-bridge\",\"bridge\":\"br1\",\"vlan\":100%s}"
                .formatted(version, keys);
    }

    private static String withResult(String network, CniCaller.Answer added) {
        return network.replaceFirst("}$", ",\"prevResult\":" + added.out() + "}");
    }

    private String links() {
        return lab.mustIn(lab.pod, "ip -br link | cut -d' ' -f1 | sort | tr '\\n' ' '").strip();
    }

    @Test
    void podGetsALinkOnTheBridge() {
        List.of("0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0").forEach(this::assertLink);
    }

    private void assertLink(String version) {
        String before = links();
        String network = network(version, ",\"macspoofchk\":true");
        CniCaller.Answer added = cni.call("ADD", ID, lab.pod, "net1", network);
        assertThat(added.code()).as(added.out()).isZero();
        JsonNode interfaces = added.json().get("interfaces");
        assertThat(added.json().get("cniVersion").asText()).isEqualTo(version);
        assertThat(interfaces.get(0).get("name").asText()).isEqualTo("br1");
        assertThat(interfaces.get(2).get("name").asText()).isEqualTo("net1");
        assertThat(interfaces.get(2).get("sandbox").asText()).isEqualTo("/run/netns/" + lab.pod);
        assertThat(interfaces.get(2).has("mtu")).isEqualTo(version.equals("1.1.0"));
        assertThat(lab.mustIn(lab.pod, "cat /sys/class/net/net1/address").strip())
                .isEqualTo(interfaces.get(2).get("mac").asText());
        assertThat(lab.mustClient("get", "nics")).contains("demo.launcher-c0ffee00c0ffee00/net1");

        lab.mustIn(lab.pod, "ip addr add 10.100.0.5/24 dev net1");
        assertThat(lab.mustIn(lab.pod, "ping -c 3 -i 0.2 10.100.0.9")).contains(" 0% packet loss");
        CniCaller.Answer again = cni.call("ADD", ID, lab.pod, "net1", network);
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.json().get("msg").asText()).contains("has this interface already");
        assertThat(lab.mustIn(lab.pod, "ping -c 1 10.100.0.9")).as("the first one").contains("1 r");
        CniCaller.Answer checked =
                cni.call("CHECK", ID, lab.pod, "net1", withResult(network, added));
        boolean hasCheck = !version.startsWith("0.3");
        assertThat(checked.code()).as(checked.out()).isEqualTo(hasCheck ? 0 : 1);

        for (int i = 0; i < 2; i++) {
            CniCaller.Answer deleted = cni.call("DEL", ID, lab.pod, "net1", network);
            assertThat(deleted).isEqualTo(new CniCaller.Answer(0, ""));
        }
        assertThat(links()).isEqualTo(before);
        assertThat(lab.mustClient("get", "nics")).doesNotContain("net1");
        CniCaller.Answer missing =
                cni.call("CHECK", ID, lab.pod, "net1", withResult(network, added));
        assertThat(missing.code()).isEqualTo(1);
    }

    @Test
    void badNetworkIsRefusedWhole() {
        for (String row : BAD_NETWORKS) {
            String[] cells = row.split(" \\| ");
            assertRefusedWhole(cells[0], Integer.parseInt(cells[1]), cells[2]);
        }
    }

    private void assertRefusedWhole(String network, int code, String message) {
        String before = links();
        CniCaller.Answer answer = cni.call("ADD", ID, lab.pod, "net1", network);
        assertThat(answer.code()).isEqualTo(1);
        assertThat(answer.json().get("code").asInt()).as(answer.out()).isEqualTo(code);
        assertThat(answer.json().get("msg").asText()).contains(message);
        assertThat(links()).as("nothing half made").isEqualTo(before);
        assertThat(lab.mustClient("get", "nics")).doesNotContain("net1");
    }

    @Test
    void whatOthersHaveToldIsPassedOn() {
        String before =
                ",\"prevResult\":{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"/x\"}],\"ips\":[{\"interface\":0,\"address\":\"192.0.2.5/24\"}],\"dns\":{\"domain\":\"example.test\"}}";
        JsonNode told = cni.call("ADD", ID, lab.pod, "net1", network("1.0.0", before)).json();
        assertThat(told.at("/interfaces/0/name").asText()).isEqualTo("eth0");
        assertThat(told.at("/interfaces/3/name").asText()).isEqualTo("net1");
        assertThat(told.at("/ips/0/address").asText()).isEqualTo("192.0.2.5/24");
        assertThat(told.at("/dns/domain").asText()).isEqualTo("example.test");
    }

    @Test
    void badCallIsRefusedInTheReferencesOrder() {
        String network = network("1.1.0", "");
        assertRefused(
                Map.of("CNI_COMMAND", "ADD"),
                network,
                4,
                "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing");
        assertRefused(
                Map.of("CNI_COMMAND", "DEL", "CNI_CONTAINERID", "-x"),
                network,
                4,
                "invalid characters in containerID");
        assertRefused(
                CniCaller.about("ADD", ID, lab.pod, "0123456789abcdef"),
                network,
                4,
                "interface name is too long");
        assertRefused(Map.of("CNI_COMMAND", "JUMP"), "", 6, "failed to load netconf");
        assertRefused(Map.of("CNI_COMMAND", "JUMP"), network, 4, "unknown CNI_COMMAND: JUMP");
        assertRefused(
                CniCaller.about("ADD", ID, "vdp-none", "net1"), network, 999, "netns must exist");
        assertRefused(
                CniCaller.about("CHECK", ID, lab.pod, "net1"),
                network,
                7,
                "Required prevResult missing");
        assertRefused(
                Map.of("CNI_COMMAND", "GC", "CNI_PATH", "/x"),
                network("1.0.0", ""),
                1,
                "does not allow GC");
        assertThat(cni.call(Map.of("CNI_COMMAND", "STATUS", "CNI_PATH", "/x"), network).code())
                .isZero();
        assertRefused(
                Map.of("CNI_COMMAND", "STATUS", "CNI_PATH", "/x"),
                network.replace("br1", "br7"),
                50,
                "no such bridge");
        assertThat(cni.call(Map.of("CNI_COMMAND", "VERSION"), "").json().get("supportedVersions"))
                .hasSize(7);
    }

    private void assertRefused(
            Map<String, String> environment, String network, int code, String message) {
        CniCaller.Answer answer = cni.call(environment, network);
        assertThat(answer.code()).isEqualTo(1);
        assertThat(answer.json().get("code").asInt()).as(answer.out()).isEqualTo(code);
        assertThat(answer.json().get("msg").asText()).contains(message);
    }

    @Test
    void macAddressIsTakenInOrder() {
        Map<String, String> add = CniCaller.about("ADD", ID, lab.pod, "net1");
        add.put("CNI_ARGS", CniCaller.arguments(ID) + ";MAC=02:00:00:00:00:0a");
        String arguments = ",\"args\":{\"cni\":{\"mac\":\"02:00:00:00:00:0b\"}}";
        String runtime = ",\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:0c\"}";
        String[] keys = {"", arguments, arguments + runtime};
        for (int i = 0; i < keys.length; i++) {
            CniCaller.Answer added = cni.call(add, network("1.0.0", keys[i]));
            assertThat(added.json().at("/interfaces/2/mac").asText())
                    .as(added.out())
                    .isEqualTo("02:00:00:00:00:0" + "abc".charAt(i));
            cni.call("DEL", ID, lab.pod, "net1", network("1.0.0", ""));
        }
    }

    @Test
    void addressThatIsInUseAndCallsThatAreCutOffLeaveNothing() {
        String mac = network("1.0.0", ",\"mac\":\"02:00:00:00:00:0a\"");
        assertThat(cni.call("ADD", ID, lab.pod, "net1", mac).code()).isZero();
        String before = lab.mustIn(lab.guest, "ip -br link");
        assertRefused(
                CniCaller.about("ADD", "two", lab.guest, "net1"),
                mac,
                11,
                "MAC address is in use on this bridge");
        assertThat(lab.mustIn(lab.guest, "ip -br link")).isEqualTo(before);
        String cutOff =
                """
                export VIRT_DATAPLANE_CNI_SOCKET=%1$s CNI_PATH=/x CNI_IFNAME=net1 CNI_ARGS=IgnoreUnknown=1 CNI_NETNS=/run/netns/%2$s CNI_CONTAINERID=cut
                for i in $(seq 30); do
                  CNI_COMMAND=ADD %3$s <<< '%4$s' > /dev/null & sleep 0.00$((i %% 10)); kill -9 $!; wait $! 2> /dev/null
                  CNI_COMMAND=DEL %3$s <<< '%4$s' || echo failed
                  ip -n %2$s link show net1 2> /dev/null
                done
                """;
        String script =
                cutOff.formatted(cni.socket(), lab.guest, cni.plugin(), network("1.0.0", ""));
        assertThat(lab.shell.run("bash", "-c", script).out()).isBlank();
        assertThat(lab.mustIn(lab.guest, "ip -br link")).isEqualTo(before);
    }

    @Test
    void goneDaemonAndGonePodAndGarbageAreSeenTo() {
        String network = network("1.1.0", "");
        assertThat(cni.call("ADD", ID, lab.pod, "net1", network).code()).isZero();
        assertThat(cni.call("ADD", "other", lab.guest, "net1", network).code()).isZero();
        assertThat(cni.call("ADD", "unplugged", lab.pod, "net3", network).code()).isZero();
        lab.killDaemon();
        assertThat(cni.call("DEL", "unplugged", lab.pod, "net3", network).code()).isZero();
        CniCaller.Answer away = cni.call("ADD", "third", lab.guest, "net2", network);
        assertThat(away.json().get("code").asInt()).as("try again later").isEqualTo(11);
        assertThat(cni.call("DEL", "other", lab.guest, "net1", network).code()).isZero();
        lab.shell.must("ip", "netns", "del", lab.guest);
        lab.daemonIn(bridge.node);
        assertThat(lab.mustClient("get", "nics"))
                .as("the pod that is left")
                .contains("net1")
                .doesNotContain("launcher-other")
                .doesNotContain("net3");
        String gc =
                network.replaceFirst(
                        "}$",
                        ",\"cni.dev/valid-attachments\":[{\"containerID\":\"%s\",\"ifname\":\"net1\"}]}"
                                .formatted(ID));
        Map<String, String> call = Map.of("CNI_COMMAND", "GC", "CNI_PATH", "/x");
        assertRefused(call, network, 7, "cni.dev/valid-attachments must be a list");
        assertThat(cni.call(call, gc)).isEqualTo(new CniCaller.Answer(0, ""));
        assertThat(lab.mustClient("get", "nics")).contains("net1");
        assertThat(cni.call(call, gc.replace(ID, "nobody")).code()).isZero();
        assertThat(lab.mustClient("get", "nics")).doesNotContain("net1");
        assertThat(cni.call("DEL", ID, lab.pod, "net1", network).code()).isZero();
        assertThat(links()).doesNotContain("net1").doesNotContain("vdp");
    }

    @Test
    void manyPodsAtOnceComeAndGo() {
        int pods = 40;
        String many =
                """
                set -u
                export VIRT_DATAPLANE_CNI_SOCKET=%1$s CNI_PATH=/opt/cni/bin CNI_IFNAME=net1 CNI_ARGS=IgnoreUnknown=1
                call() { CNI_COMMAND=$1 CNI_CONTAINERID=pod$2 CNI_NETNS=/run/netns/%2$s-$2 %3$s <<< '%4$s' > /dev/null || echo failed $1 $2; }
                for i in $(seq %5$d); do ip netns add %2$s-$i; done
                for i in $(seq %5$d); do call ADD $i & done; wait
                %6$s
                for i in $(seq %5$d); do call DEL $i & done; wait
                for i in $(seq %5$d); do ip -n %2$s-$i -br link | grep -v '^lo'; ip netns del %2$s-$i; done
                """;
        String count =
                "echo nics $(ls "
                        + lab.shell.directory().resolve("state/attachments")
                        + " | wc -l)";
        String said =
                lab.shell
                        .run(
                                "bash",
                                "-c",
                                many.formatted(
                                        cni.socket(),
                                        lab.pod,
                                        cni.plugin(),
                                        network("1.0.0", ""),
                                        pods,
                                        count))
                        .out();
        assertThat(said.strip()).isEqualTo("nics " + pods);
        assertThat(lab.mustClient("get", "nics")).doesNotContain("net1");
    }

    /**
     * As where Multus makes the configuration anew, from a definition that was edited meanwhile.
     */
    @Test
    void delGoesByWhatTheAddHasMadeAndNotByWhatTheNetworkSaysNow() {
        String network =
                "{\"cniVersion\":\"1.1.0\",\"name\":\"vdp\",\"type\":\"virt-dataplane\",\"tap\":\"%s\",\"args\":null,\"runtimeConfig\":null,\"ipam\":null}";
        lab.mustIn(lab.pod, "ip link add other type veth peer name other1");
        String before = links();
        assertThat(cni.call("ADD", ID, lab.pod, "net1", network.formatted("tap0")).out())
                .contains("tap0");
        CniCaller.Answer deleted =
                cni.call(
                        "DEL",
                        ID,
                        lab.pod,
                        "net1",
                        network.formatted("other").replace("\"tap\"", "\"tpa\":1,\"tap\""));
        assertThat(deleted).isEqualTo(new CniCaller.Answer(0, ""));
        assertThat(links()).isEqualTo(before);

        assertThat(cni.call("ADD", ID, lab.pod, "net1", network.formatted("tap0")).out())
                .contains("tap0");
        String gc =
                network.formatted("other").replaceFirst("}$", ",\"cni.dev/valid-attachments\":[]}");
        assertThat(cni.call(Map.of("CNI_COMMAND", "GC", "CNI_PATH", "/x"), gc).code()).isZero();
        assertThat(links()).as("the device of a pod that is still there").isEqualTo(before);
    }

    /** What QEMU does with a tap, for a guest in a namespace. */
    private static final String HOLDER =
            """
            import ctypes, fcntl, os, select, struct, sys
            def tap(netns, name):
                fd = os.open("/run/netns/" + netns, os.O_RDONLY)
                assert ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000) == 0
                t = os.open("/dev/net/tun", os.O_RDWR)
                fcntl.ioctl(t, 0x400454ca, struct.pack("16sH22x", name.encode(), 0x5002))
                return t
            a, b = tap(sys.argv[1], "tap0"), tap(sys.argv[2], "eth0")
            while True:
                for fd in select.select([a, b], [], [])[0]:
                    try:
                        os.write(b if fd == a else a, os.read(fd, 70000))
                    except OSError:
                        pass
            """;

    @Test
    void podGetsATapAndAMasqueradeNic() throws IOException {
        String network =
                "{\"cniVersion\":\"1.0.0\",\"name\":\"vdp\",\"type\":\"virt-dataplane\",\"ports\":[{\"port\":80}],\"args\":{\"cni\":{\"logicNetworkName\":\"blue\"}}}";
        CniCaller.Answer added = cni.call("ADD", ID, lab.pod, "net1", network);
        assertThat(added.code()).as(added.out()).isZero();
        assertThat(added.json().at("/interfaces/0/name").asText()).isEqualTo("tap0");
        assertThat(lab.mustClient("get", "nics")).contains("demo.launcher-c0ffee00c0ffee00/blue");
        Path holder = Files.writeString(lab.shell.directory().resolve("holder.py"), HOLDER);
        lab.startIn(lab.pod, "python3", holder.toString(), lab.pod, lab.guest);
        Wait.until(
                "the guest's device",
                10,
                () -> lab.in(lab.guest, "ip link set eth0 up").code(),
                code -> code == 0);
        lab.configureGuest();
        lab.httpd(lab.guest, 80, lab.page("guest"));
        lab.httpd(lab.out, 8080, lab.page("outside"));
        assertThat(lab.mustIn(lab.guest, "curl -sS -m 3 http://" + Lab.OUTSIDE + ":8080/"))
                .isEqualTo("outside");
        assertThat(lab.mustIn(lab.out, "curl -sS -m 3 http://" + Lab.POD_ADDRESS + "/"))
                .isEqualTo("guest");
        assertThat(cni.call("DEL", ID, lab.pod, "net1", network).code()).isZero();
        assertThat(links()).doesNotContain("tap0");
        assertThat(lab.mustClient("get", "nics")).doesNotContain("blue");
    }
}
