package io.virtdataplane.hook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.UnixChannel;
import io.virtdataplane.kubevirt.hooks.InfoGrpc;
import io.virtdataplane.kubevirt.hooks.InfoParams;
import io.virtdataplane.kubevirt.hooks.InfoResult;
import io.virtdataplane.kubevirt.hooks.v1alpha3.CallbacksGrpc;
import io.virtdataplane.kubevirt.hooks.v1alpha3.OnDefineDomainParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.PreCloudInitIsoParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.ShutdownParams;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sidecar as virt-launcher calls it. */
class HookTest {
    private static final String VMI =
            """
            {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": {"name": "vm1"},
             "spec": {"domain": {"cpu": {"sockets": 1, "cores": 2, "threads": 1}, "devices": {"networkInterfaceMultiqueue": true,
               "interfaces": [{"name": "blue", "macAddress": "02:00:00:00:00:05", "binding": {"name": "virt-dataplane"}}]}},
              "networks": [{"name": "blue", "pod": {}}]}}
            """;

    /** As virt-launcher has it for the domainAttachmentType tap, beside what else a domain has. */
    private static final String DOMAIN =
            """
            <domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"><name>default_vm1</name><devices>
              <interface type="bridge"><source bridge="k6t-other"/><model type="virtio"/><alias name="ua-other"/></interface>
              <interface type="ethernet"><source/><target dev="other" managed="no"/><model type="virtio-transitional"/><boot order="1"/><alias name="ua-blue"/></interface>
            </devices><qemu:commandline><qemu:arg value="-x"/></qemu:commandline></domain>
            """;

    @TempDir private Path directory;
    private Hook hook;
    private UnixChannel channel;

    @BeforeEach
    void start() throws IOException {
        Path socket = directory.resolve("hooks/virt-dataplane.sock");
        hook = new Hook(socket, "virt-dataplane", "tap0");
        channel = new UnixChannel(socket, 1 << 20);
    }

    @AfterEach
    void close() {
        channel.close();
        hook.close();
        assertThat(directory.resolve("hooks")).isEmptyDirectory();
    }

    private CallbacksGrpc.CallbacksBlockingStub callbacks() {
        return CallbacksGrpc.newBlockingStub(channel.channel());
    }

    private String define(String domain, String vmi) {
        return callbacks()
                .onDefineDomain(
                        OnDefineDomainParams.newBuilder()
                                .setDomainXML(ByteString.copyFromUtf8(domain))
                                .setVmi(ByteString.copyFromUtf8(vmi))
                                .build())
                .getDomainXML()
                .toStringUtf8();
    }

    private String cloudInit(String data, String vmi) {
        return callbacks()
                .preCloudInitIso(
                        PreCloudInitIsoParams.newBuilder()
                                .setCloudInitData(ByteString.copyFromUtf8(data))
                                .setVmi(ByteString.copyFromUtf8(vmi))
                                .build())
                .getCloudInitData()
                .toStringUtf8();
    }

    @Test
    void itSaysWhatItServes() {
        InfoResult info =
                InfoGrpc.newBlockingStub(channel.channel()).info(InfoParams.getDefaultInstance());
        assertThat(info.getName()).isEqualTo("virt-dataplane");
        assertThat(info.getVersionsList()).containsExactly("v1alpha3");
        assertThat(info.getHookPointsList())
                .extracting("name")
                .containsExactly("OnDefineDomain", "PreCloudInitIso", "Shutdown");
    }

    @Test
    void interfaceIsPointedAtTheTapAndASecondTimeChangesNothing() {
        String defined = define(DOMAIN, VMI);
        assertThat(defined)
                .contains("<source bridge=\"k6t-other\"/>")
                .contains("<target dev=\"tap0\" managed=\"no\"/>")
                .contains("<mac address=\"02:00:00:00:00:05\"/>")
                .doesNotContain("<driver") // the tap that is not there has no queues
                .contains("<model type=\"virtio-transitional\"/>")
                .contains("<boot order=\"1\"/>")
                .contains("<qemu:arg value=\"-x\"/>")
                .doesNotContain("<source/>");
        assertThat(define(defined, VMI)).isEqualTo(defined);
    }

    @Test
    void interfaceThatIsNotThereIsMade() {
        String defined = define("<domain><devices/></domain>", VMI);
        assertThat(defined)
                .contains("<interface type=\"ethernet\"><alias name=\"ua-blue\"/>")
                .contains("<model type=\"virtio-non-transitional\"/>");
    }

    @Test
    void interfaceThatIsMadeIsAllThatTheMachineSaysOfIt() {
        String more =
                VMI.replace(
                        "\"binding\"",
                        "\"pciAddress\": \"0000:81:01.0\", \"bootOrder\": 2, \"acpiIndex\": 101, \"state\": \"down\", \"binding\"");
        String defined = define("<domain><devices/></domain>", more);
        assertThat(defined)
                .contains("<boot order=\"2\"/>")
                .contains(
                        "bus=\"0x81\" domain=\"0x0000\" function=\"0x0\" slot=\"0x01\" type=\"pci\"")
                .contains("<acpi index=\"101\"/>")
                .contains("<link state=\"down\"/>")
                .doesNotContain("<rom");
        assertThat(define(defined, more)).isEqualTo(defined);
        assertThat(define("<domain><devices/></domain>", VMI))
                .contains("<rom enabled=\"no\"/>")
                .doesNotContain("<boot");
        assertThatThrownBy(
                        () ->
                                define(
                                        "<domain><devices/></domain>",
                                        more.replace("0000:81:01.0", "81:1")))
                .hasMessageContaining("pciAddress must be such as 0000:81:01.0");
    }

    @Test
    void machineWithoutTheBindingStaysAsItIs() {
        String other = VMI.replace("\"virt-dataplane\"", "\"passt\"");
        assertThat(define(DOMAIN, other)).isEqualTo(DOMAIN);
        assertThat(cloudInit("{\"NetworkData\":\"\"}", other)).isEqualTo("{\"NetworkData\":\"\"}");
    }

    @Test
    void networkDataIsAddedWhereThereIsNone() throws IOException {
        String data = "{\"DataSource\":\"noCloud\",\"UserData\":\"u\",\"NetworkData\":\"\"}";
        var completed = new ObjectMapper().readTree(cloudInit(data, VMI));
        assertThat(completed.get("UserData").asText()).isEqualTo("u");
        assertThat(completed.get("NetworkData").asText())
                .contains("\"version\":2")
                .contains("02:00:00:00:00:05");
        String own = data.replace("\"NetworkData\":\"\"", "\"NetworkData\":\"mine\"");
        assertThat(cloudInit(own, VMI)).isEqualTo(own);
    }

    @Test
    void whatIsWrongIsRefusedWithItsReason() {
        assertThatThrownBy(() -> define(DOMAIN, "nonsense"))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("vmi must be JSON");
        assertThatThrownBy(() -> define("<domain>", VMI))
                .hasMessageContaining("domainXML must be XML");
        String file = directory.resolve("secret").toString();
        String entity = "<!DOCTYPE d [<!ENTITY e SYSTEM \"" + file + "\">]><domain>&e;</domain>";
        assertThatThrownBy(() -> define(entity, VMI)).hasMessageContaining("DOCTYPE");
    }

    @Test
    void itEndsWhenItIsTold() throws InterruptedException {
        callbacks().shutdown(ShutdownParams.getDefaultInstance());
        hook.await();
        assertThat(directory.resolve("hooks")).isNotEmptyDirectory();
    }
}
