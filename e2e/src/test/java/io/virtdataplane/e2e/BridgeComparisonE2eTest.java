package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    /** {@code sent(n, port, frame)}: sends it, and prints by which ports it left, and how. */
    private static final String PORTS =
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
            def sent(n, port, frame, mark):
                ports[port].send(frame)
                # A broadcast behind it: where that has come, nothing of the frame is under way.
                end = '02000000fe0%d' % port + '88b6' + '%08x' % n
                ports[port].send(bytes.fromhex('ffffffffffff' + end) + bytes(42))
                seen, missing, limit = [], {0, 1, 2, 3}, time.time() + 20
                if port != 3: # which has hairpin mode
                    missing.remove(port)
                while missing and time.time() < limit:
                    ready, _, _ = select.select(ports, [], [], 1)
                    for s in ready:
                        got = receive(s)
                        if mark in got: # and nothing that the machine says of its own
                            seen.append('h%d %s' % (ports.index(s), hashlib.sha1(got.encode()).hexdigest()[:8]))
                        elif end in got:
                            missing.discard(ports.index(s))
                if missing:
                    sys.exit('frame %d: a broadcast did not come to ports %s' % (n, missing))
                print(n, 'h%d' % port, frame[:18].hex(), len(frame), '->', ' | '.join(sorted(seen)), flush=True)
            """;

    private static final String ANY =
            """
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
                sent(n, port, frame, '88b5' + '%08x' % n)
            """;

    /**
     * Queries, reports of all versions, leaves, and frames to groups. The first queries give 2 s to
     * answer, in which all ports still get what is sent to groups: more than these frames need on a
     * busy machine. A query of one group gives 0.1 s or 0.2 s, then ports leave it that have not
     * reported.
     */
    private static final String GROUPS =
            """
            def sum16(b):
                b += bytes(len(b) % 2)
                t = sum(struct.unpack('!%dH' % (len(b) // 2), b))
                while t >> 16:
                    t = (t & 0xffff) + (t >> 16)
                return t ^ 0xffff
            def ip4(src, dst, proto, body, station):
                a, g = socket.inet_aton(src), socket.inet_aton(dst)
                head = struct.pack('!BBHHHBBH', 0x46, 0xc0, 24 + len(body), n, 0, 1, proto, 0) + a + g + bytes.fromhex('94040000')
                head = head[:10] + struct.pack('!H', sum16(head)) + head[12:]
                mac = bytes([1, 0, 0x5e, g[1] & 0x7f]) + g[2:]
                return mac + bytes([2, 0, 0, 0, 0, station]) + bytes.fromhex('0800') + head + body
            def igmp(kind, code, rest):
                body = struct.pack('!BBH', kind, code, 0) + rest
                return body[:2] + struct.pack('!H', sum16(body)) + body[4:]
            def ip6(src, dst, body, station, mld):
                a, g = socket.inet_pton(10, src), socket.inet_pton(10, dst)
                if mld:
                    pseudo = a + g + struct.pack('!II', len(body), 58) + body
                    body = body[:2] + struct.pack('!H', sum16(pseudo)) + body[4:]
                    body = bytes.fromhex('3a00050200000100') + body
                head = struct.pack('!IHBB', 0x60000000 | n, len(body), 0 if mld else 59, 1) + a + g
                return bytes([0x33, 0x33]) + g[12:] + bytes([2, 0, 0, 0, 0, station]) + bytes.fromhex('86dd') + head + body
            def mld(kind, response, group):
                return struct.pack('!BBHHH', kind, 0, 0, response, 0) + socket.inet_pton(10, group)
            ANY4, ANY6 = socket.inet_aton('0.0.0.0'), '::'
            g4 = [socket.inet_aton(g) for g in ('239.10.10.10', '239.10.10.11')]
            def record4(kind, group, *sources):
                return struct.pack('!BBH', kind, 0, len(sources)) + group + b''.join(socket.inet_aton(s) for s in sources)
            def record6(kind, group):
                return struct.pack('!BBHHHBBH', 143, 0, 0, 0, 1, kind, 0, 0) + socket.inet_pton(10, group)
            def data(port):
                for dst in ('239.10.10.10', '239.10.10.11', '239.10.10.12', '224.0.0.251', '225.0.0.1'):
                    yield port, lambda: ip4('10.0.0.%d' % (port + 1), dst, 17, bytes(30), port)
                for dst in ('ff15::5', 'ff15::6', 'ff02::1', 'ff02::fb'):
                    yield port, lambda: ip6('fe80::%d' % (port + 1), dst, bytes(30), port, False)
            def steps():
                yield from data(0) # no querier yet
                yield 1, lambda: ip4('10.0.0.2', '239.10.10.10', 2, igmp(0x16, 0, g4[0]), 1)
                yield 3, lambda: ip4('10.0.0.9', '224.0.0.1', 2, igmp(0x11, 20, ANY4), 3)
                yield 3, lambda: ip6('fe80::9', 'ff02::1', mld(130, 2000, ANY6), 3, True)
                yield from data(0) # nobody has to have answered yet
                yield None, 2.5 # a time of the protocols: nothing shows that it is over
                yield 1, lambda: ip4('10.0.0.2', '239.10.10.10', 2, igmp(0x16, 0, g4[0]), 1)
                yield 2, lambda: ip4('10.0.0.3', '224.0.0.22', 2, igmp(0x22, 0, struct.pack('!HH', 0, 2) + record4(4, g4[1]) + record4(2, g4[0])), 2)
                yield 1, lambda: ip6('fe80::2', 'ff15::5', mld(131, 0, 'ff15::5'), 1, True)
                yield 2, lambda: ip6('fe80::3', 'ff02::16', record6(4, 'ff15::6'), 2, True)
                yield from data(0)
                yield from data(3)
                yield from data(1)
                yield 2, lambda: ip4('10.0.0.3', '224.0.0.2', 2, igmp(0x17, 0, g4[0]), 2) # a leave
                yield 3, lambda: ip4('10.0.0.9', '239.10.10.10', 2, igmp(0x11, 2, g4[0]), 3)
                yield 1, lambda: ip4('10.0.0.2', '239.10.10.10', 2, igmp(0x16, 0, g4[0]), 1)
                yield 3, lambda: ip6('fe80::9', 'ff15::5', mld(130, 100, 'ff15::5'), 3, True)
                yield None, 2.0 # likewise
                yield from data(0)
                yield from data(3)
                yield 0, lambda: ip4('10.0.0.1', '239.10.10.11', 2, igmp(0x16, 0, g4[1])[:-1] + b'x', 0) # wrong sum
                yield 0, lambda: ip4('10.0.0.1', '224.0.0.22', 2, igmp(0x22, 0, struct.pack('!HH', 0, 9) + record4(4, g4[1])), 0)
                yield 0, lambda: ip4('0.0.0.0', '224.0.0.1', 2, igmp(0x11, 1, ANY4), 0)
                yield from data(2)
            n = 0
            for port, make in steps():
                n += 1
                if port is None:
                    time.sleep(make)
                    continue
                frame = make()
                sent(n, port, frame, frame.hex())
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
        List<String> ours = compared(ANY);
        assertThat(ours.stream().filter(line -> line.contains("|")).count())
                .as("floods among them")
                .isGreaterThan(50);
    }

    @Test
    void framesToGroupsLeaveAsByALinuxBridgeThatSnoops() throws IOException {
        List<String> ours = compared(GROUPS);
        assertThat(ours.stream().filter(line -> line.endsWith("-> ")).count())
                .as("frames that nobody gets")
                .isPositive();
        assertThat(lab.mustClient("get", "mdb", "plain"))
                .containsPattern("plain +0 +239.10.10.10 +plain/p1 +member")
                .containsPattern("plain +0 +ff15::6 +plain/p2 +member")
                .containsPattern("plain +0 +224.0.0.0/4 +plain/p3 +router")
                .doesNotContain("ff15::5");
    }

    private List<String> compared(String frames) throws IOException {
        Path script = Files.writeString(lab.shell.directory().resolve("send.py"), PORTS + frames);
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
        assertThat(ours.lines().toList()).containsExactlyElementsOf(ofTheKernel.lines().toList());
        return ours.lines().toList();
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
            Wait.until(
                    "four forwarding ports",
                    10,
                    () -> lab.mustIn(node, "cat /sys/class/net/p?/brport/state"),
                    "3\n3\n3\n3\n"::equals); // BR_STATE_FORWARDING
        } else {
            bridge.apply(POLICY);
        }
        String said = lab.mustIn(hosts, "python3 " + script);
        if (isKernel) {
            lab.shell.sh("for i in 0 1 2 3; do ip -n %s link del p$i; done".formatted(node));
        }
        return said;
    }
}
