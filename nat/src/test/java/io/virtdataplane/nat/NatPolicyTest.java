package io.virtdataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.wire.Protocols;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of all ports at once the same is said as of each. */
class NatPolicyTest {
    private static void check(NatPolicy.Ports ports) {
        for (int protocol : new int[] {Protocols.TCP, Protocols.UDP}) {
            byte[] bits = ports.bits(protocol);
            for (int port = 0; port < bits.length; port++) {
                int expected =
                        (ports.isOurs(protocol, port) ? PodPorts.OURS : 0)
                                | (ports.isOpen(protocol, port) ? PodPorts.OPEN : 0);
                if (bits[port] != expected) {
                    assertThat(bits[port]).as(ports + " " + port).isEqualTo((byte) expected);
                }
            }
        }
    }

    @Test
    void bitsOfAllPortsAreThoseOfEach() {
        for (UnlistedPolicy unlisted : UnlistedPolicy.values()) {
            for (boolean dropsReserved : new boolean[] {false, true}) {
                OpenPorts listed =
                        OpenPorts.listed()
                                .add(Protocols.TCP, 80)
                                .add(Protocols.UDP, 53)
                                .add(Protocols.TCP, 49152)
                                .add(Protocols.TCP, 65535);
                for (OpenPorts open : List.of(OpenPorts.all(), OpenPorts.listed(), listed)) {
                    check(new NatPolicy.Ports(open, unlisted, dropsReserved));
                }
            }
        }
    }
}
