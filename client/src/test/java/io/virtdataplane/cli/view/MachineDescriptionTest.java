package io.virtdataplane.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.api.Machine;
import io.virtdataplane.api.MachineInterface;
import io.virtdataplane.api.MachineStatus;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MachineDescriptionTest {
    /** As OpenShift's documentation prints it. */
    private static final String CHAPTER =
            """
            Interfaces:
               Interface Name:  eth0
               Ip Address:      10.244.0.37/24
               Ip Addresses:
                 10.244.0.37/24
                 fe80::858:aff:fef4:25/64
               Mac:             0a:58:0a:f4:00:25
               Name:            default
               Interface Name:  v1
               Ip Address:      1.1.1.1/24
               Ip Addresses:
                 1.1.1.1/24
                 1.1.1.2/24
                 2001:de7:0:f101::1/64
               Mac:             16:20:84:10:17:aa
               Mac:             16:20:84:10:17:ab
               Name:            net2
            """;

    private static MachineInterface.Builder one(String mac, String... prefixes) {
        return MachineInterface.newBuilder().setMac(mac).addAllIpPrefixes(List.of(prefixes));
    }

    @Test
    void interfacesArePrintedAsKubectlDescribesThem() {
        Machine machine =
                Machine.newBuilder()
                        .setName("vm")
                        .setStatus(
                                MachineStatus.newBuilder()
                                        .addInterfaces(
                                                one(
                                                                "0a:58:0a:f4:00:25",
                                                                "10.244.0.37/24",
                                                                "fe80::858:aff:fef4:25/64")
                                                        .setName("default")
                                                        .setInterfaceName("eth0"))
                                        .addInterfaces(
                                                one(
                                                                "16:20:84:10:17:aa",
                                                                "1.1.1.1/24",
                                                                "1.1.1.2/24",
                                                                "2001:de7:0:f101::1/64")
                                                        .setInterfaceName("v1"))
                                        .addInterfaces(one("16:20:84:10:17:ab").setName("net2")))
                        .build();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new MachineDescription()
                .describe(machine, false, new PrintStream(out, true, StandardCharsets.UTF_8));
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("Name:  vm\n" + CHAPTER);
    }

    @Test
    void aMachineIsFoundByBothNamesOfItsKind() {
        assertThat(Descriptions.find("vmi")).isEqualTo(Descriptions.find("Machine")).isPresent();
    }
}
