package io.virtdataplane.daemon.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The same frames into a Linux bridge and into ours, one by one, and what leaves by which port:
 * frame for frame the same. VLANs are off, since many a kernel's bridge has no filtering; tags then
 * pass unseen.
 */
@RootTest
@Timeout(300)
class BridgeComparisonE2eTest {
    private static final String SEND =
            """
            import hashlib, random, select, socket, struct, sys, time
            SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
            ports = []
            for i in range(4):
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                s.bind(('h%d' % i, 0))
                s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
                s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
                s.setsockopt(SOL_PACKET, 1, struct.pack('iHH8s', socket.if_nametoindex('h%d' % i), 1, 0, b''))
                ports.append(s)
            def receive(s):
                data, control, _, _ = s.recvmsg(4096, 128)
                tag = ''
                for level, kind, value in control:
                    status, _, _, _, _, tci, tpid = struct.unpack('IIIHHHH', value[:20])
                    if status & 16:
                        tag = '%04x.%04x' % (tpid, tci)
                return tag + data.hex()
            rng = random.Random(20261124)
            stations = ['0200000000%02x' % i for i in range(1, 7)]
            groups = ['ffffffffffff', '01005e010203', '333300000001', '0180c2000000', '0180c2000001', '0180c2000002', '0180c2000003', '0180c200000e', '0180c200000f', '0180c2000010']
            for n in range(400):
                port = rng.randrange(4)
                src = rng.choice(stations) if rng.random() < .9 else rng.choice(['000000000000', '0300000000aa'])
                dst = rng.choice(stations) if rng.random() < .6 else rng.choice(groups)
                tag = rng.choice(['', '', '', '81000064', '8100e001', '88a80005'])
                body = struct.pack('!I', n) + bytes(rng.randrange(42, 400))
                frame = bytes.fromhex(dst + src + tag + '88b5') + body
                ports[port].send(frame)
                seen, wait = [], 0.04
                while True:
                    ready, _, _ = select.select(ports, [], [], wait)
                    if not ready:
                        break
                    for s in ready:
                        got = receive(s)
                        if '88b5' + '%08x' % n in got: # and nothing that the machine says of its own
                            seen.append('h%d %s' % (ports.index(s), hashlib.sha1(got.encode()).hexdigest()[:8]))
                    wait = 0.015
                print(n, 'h%d' % port, frame[:18].hex(), len(frame), '->', ' | '.join(sorted(seen)))
            """;
    private static final String POLICY =
            """
            apiVersion: nmstate.io/v1
            kind: NodeNetworkConfigurationPolicy
            metadata:
              name: plain
            spec:
              desiredState:
                interfaces:
                  - name: plain
                    type: linux-bridge
                    state: up
                    bridge:
                      port: [{name: p0, vlan: {}}, {name: p1, vlan: {}}, {name: p2, vlan: {}}, {name: p3, vlan: {}, stp-hairpin-mode: true}]
            """;
    private final BridgeLab bridge = new BridgeLab();
    private final Lab lab = bridge.lab;
    private final String kernel = bridge.node.replace("-node", "-knl");
    private final String hosts = bridge.node.replace("-node", "-hst");

    @AfterEach
    void close() {
        lab.shell.run("ip", "netns", "del", kernel);
        lab.shell.run("ip", "netns", "del", hosts);
        bridge.close();
    }

    @Test
    void whatLeavesIsWhatLeavesALinuxBridge() throws IOException {
        Path script = Files.writeString(lab.shell.directory().resolve("send.py"), SEND);
        lab.shell.sh(
                """
                for n in %1$s %2$s; do
                  ip netns add $n
                  ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
                done
                ip netns exec %3$s sysctl -qw net.ipv6.conf.default.disable_ipv6=1
                ip -n %2$s link add plain type bridge
                """
                        .formatted(hosts, kernel, bridge.node));
        String ofTheKernel = frames(kernel, script, true);
        String ours = frames(bridge.node, script, false);
        assertThat(ours.lines().filter(line -> line.contains("|")).count())
                .as("floods among them")
                .isGreaterThan(50);
        assertThat(ours.lines().toList()).containsExactlyElementsOf(ofTheKernel.lines().toList());
    }

    private String frames(String node, Path script, boolean isKernel) {
        StringBuilder links = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            links.append(
                    """
                    ip link add p%1$d netns %2$s type veth peer name h%1$d netns %3$s
                    ip -n %2$s link set p%1$d up
                    ip -n %3$s link set h%1$d up
                    """
                            .formatted(i, node, hosts));
        }
        lab.shell.sh(links.toString());
        if (isKernel) {
            lab.shell.sh(
                    """
                    for i in 0 1 2 3; do ip -n %1$s link set p$i master plain; done
                    ip -n %1$s link set p3 type bridge_slave hairpin on
                    ip -n %1$s link set plain up
                    """
                            .formatted(node));
            Lab.pause(1000);
        } else {
            bridge.apply(POLICY);
        }
        String said = lab.mustIn(hosts, "python3 " + script);
        lab.shell.sh("for i in 0 1 2 3; do ip -n %s link del p$i; done".formatted(node));
        return said;
    }
}
