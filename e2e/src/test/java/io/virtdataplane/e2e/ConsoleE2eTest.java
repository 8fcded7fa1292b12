package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The console's pages in Chromium, over a real daemon with a guest and a bridge. */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(180)
class ConsoleE2eTest {
    private static final int SECONDS = 20;
    private static final String NIC_MAC = "02:00:00:00:00:0b";
    private final ConsoleLab console = new ConsoleLab();
    private final Lab lab = console.lab;
    private Browser browser;

    @BeforeEach
    void start() {
        browser = console.browser();
    }

    @AfterEach
    void close() {
        console.close();
    }

    @Test
    void everyPageShowsWhatTheDaemonKnowsInLightAndDark() {
        console.dropOne();
        browser.open("machines").await("example-vm", "Pod networking", "TCP/80", "10.0.2.2");
        browser.judge();
        browser.open("node").await("Workers", "Runs", "example-vm/default", "drop_martian");
        browser.judge();
        browser.open("machines/example-vm").await(Lab.POD_ADDRESS, "Masquerade", "observed");
        browser.judge();
        browser.open("drops").await("example-vm/default");
        browser.judge();
        browser.open("drops/example-vm%2Fdefault").await("drop_martian", "Explain a flow");
        browser.judge();
        browser.open("networks").await("No NetworkAttachmentDefinitions found");
        browser.judge();
        browser.open("bridges").await("br1", "<b>Linux bridge</b>");
        browser.judge();
        browser.open("bridges/br1").await("Ports", "No stations found");
        browser.judge();
        browser.open("sriov").await("Sync status", "Succeeded");
        browser.judge();
        browser.open("events").await("Attached", "BridgeCreated");
        browser.judge();
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void whatHappensIsPushedToThePage() {
        console.dropOne();
        browser.open("node").await("drop_martian", "0/s");
        int before = martians(browser.text());
        console.dropOne();
        Wait.until("the drop", SECONDS, browser::text, text -> martians(text) > before);
        lab.startIn(lab.guest, "ping", "-i", "0.01", Lab.OUTSIDE);
        Wait.until(
                "the rate",
                SECONDS,
                browser::text,
                text -> text.matches("(?s).*example-vm/default\\s+[1-9].*"));
        console.attach(0, 1);
        browser.await("machine-0/bridge-net");
        browser.open("events").await("Attached");
        console.attach(1, 2);
        browser.await("machine-1/bridge-net");
        lab.endDaemon();
        browser.await("The daemon does not answer");
        lab.daemon();
        browser.await("Restored");
        assertThat(browser.complaints()).allMatch(line -> line.contains("503"));
    }

    private static int martians(String page) {
        return Integer.parseInt(page.replaceFirst("(?s).*drop_martian[^\n]*?\\t(\\d+).*", "$1"));
    }

    @Test
    void aDroppedFrameExplainsItself() {
        browser.open("drops/example-vm%2Fdefault").focus("watch").press(Browser.ENTER);
        browser.await("Waiting for the next dropped frame");
        Wait.until(
                "the dropped frame",
                SECONDS,
                () -> {
                    console.dropOne();
                    return browser.text();
                },
                text -> text.contains("> 240.0.0.1:53 UDP") && text.contains("drop_martian"));
        browser.focus("flow").type("nonsense").press(Browser.ENTER);
        browser.await("flow must be 'tcp|udp|icmp ADDRESS[:PORT] > ADDRESS[:PORT]'");
        assertThat(browser.focused()).as("the wrong field").isEqualTo("flow");
        browser.focus("flow").type("tcp 198.51.100.9:5000 > pod:80").press(Browser.ENTER);
        browser.await("port 80 is open inbound", "forwarded");
        browser.judge();
        assertThat(browser.complaints()).allMatch(line -> line.contains("422"));
    }

    @Test
    void aNetworkAndANicAreMadeByKeyboardAndCarryTraffic() {
        browser.open("networks").await("Create").focus("create").press(Browser.ENTER);
        browser.awaitPage("networks/new").focus("name").type("Wrong Name").press(Browser.ENTER);
        browser.await("Name must have 1-63 lower-case letters");
        assertThat(browser.focused()).as("the wrong field").isEqualTo("name");
        browser.judge();
        browser.type("console-net").press(Browser.ENTER).await("Bridge name must have 1-15");
        assertThat(browser.focused()).isEqualTo("bridge");
        browser.type("br1").press(Browser.TAB).type("4095").press(Browser.ENTER);
        browser.await("VLAN tag number must be 1-4094");
        assertThat(browser.focused()).isEqualTo("vlan");
        browser.type("100").focus("tab-form").press(Browser.RIGHT);
        browser.await("kind: \"NetworkAttachmentDefinition\"", "\"vlan\" : 100");
        browser.judge();
        browser.press(Browser.LEFT).focus("vlan").press(Browser.ENTER);
        browser.awaitPage("networks").await("default/console-net created", "In use by");
        browser.judge();
        assertThat(browser.complaints()).allMatch(line -> line.contains("422"));

        assertThat(lab.mustClient("get", "networks")).containsPattern("console-net +br1 +100");
        String peer = guest("a", "10.100.0.1/24");
        addNic();
        lab.shell.must("ip", "-n", lab.pod, "link", "set", "tap1", "netns", lab.guest);
        lab.shell.must("ip", "-n", lab.guest, "link", "set", "tap1", "address", NIC_MAC, "up");
        lab.shell.must("ip", "-n", lab.guest, "addr", "add", "10.100.0.2/24", "dev", "tap1");
        lab.mustIn(peer, "ping -c1 -W5 10.100.0.2");
        browser.open("bridges/br1").await("a/bridge-net", "example-vm/nic-b", NIC_MAC, "dynamic");
        browser.judge();
    }

    @Test
    void aNetworkOfTypeSriovIsShownAsOneAndItsNicNeedsNoDeviceInThePod() {
        browser.open("networks/new").focus("name").type("fast").press(Browser.TAB);
        browser.focus("type").press(Browser.DOWN).await("Resource name");
        browser.focus("resource").type("intel").press(Browser.ENTER);
        browser.awaitPage("networks").await("default/fast created", "SR-IOV", "intel", "On");
        browser.judge();
        browser.open("machines/example-vm/new").await("Type: Bridge", "Link state: Up");
        browser.focus("network").type("default/fast");
        browser.await("Type: SR-IOV", "Link state is not available for this type");
        assertThat(browser.text()).doesNotContain("Guest device").doesNotContain("Model");
        browser.judge();
        browser.focus("tab-form").press(Browser.RIGHT).await("sriov: {}", "default/fast");
        browser.press(Browser.LEFT).focus("network").press(Browser.ENTER);
        browser.await("resource must have a free VF: network=fast");
        browser.judge();
        assertThat(browser.complaints()).allMatch(line -> line.matches(".* 4(09|22) .*"));
    }

    private void addNic() {
        browser.open("machines/example-vm").await("Add network interface").focus("add");
        browser.press(Browser.ENTER).awaitPage("machines/example-vm/new");
        browser.focus("name").type("default").press(Browser.ENTER);
        browser.await("Name must be unique: example-vm has a network interface of this name");
        browser.type("nic-b").focus("network").type("pod").press(Browser.ENTER);
        browser.await("example-vm is on the pod network already");
        browser.type("default/none").focus("mac").type("02:00").press(Browser.ENTER);
        browser.await("MAC address must have six octets");
        browser.judge();
        browser.type(NIC_MAC).press(Browser.ENTER).await("default/none");
        assertThat(browser.complaints()).allMatch(line -> line.matches(".* 4(04|09|22) .*"));
        browser.focus("network").type("default/console-net").press(Browser.ENTER);
        browser.awaitPage("machines/example-vm")
                .await("example-vm/nic-b attached. A running machine gets it by hot-plug");
        browser.judge();
    }

    private String guest(String name, String address) {
        String manifest = BridgeLab.machine(name, "console-net");
        return BridgedGuest.attach(lab, console.namespaces, name, lab.manifest(manifest), address);
    }
}
