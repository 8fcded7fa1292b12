package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Frames on the pod's wire that a host would not take: the guest does not get them either. */
@RootTest
@Timeout(120)
class NotForThePodE2eTest {
    /** Sends one datagram to port 5000 of the pod: link-layer destination, source, destination. */
    private static final String SEND =
            """
            import ipaddress, socket, struct, sys
            def fold(data):
                s = sum(struct.unpack(">%dH" % (len(data) // 2), data))
                while s >> 16:
                    s = (s & 0xffff) + (s >> 16)
                return ~s & 0xffff
            mac, src, dst = bytes.fromhex(sys.argv[1].replace(":", "")), ipaddress.ip_address(sys.argv[2]), ipaddress.ip_address(sys.argv[3])
            udp = struct.pack(">HHHH", 4000, 5000, 16, 0) + sys.argv[4].encode().ljust(8)
            pseudo = src.packed + dst.packed + struct.pack(">HH", 17, 16)
            udp = udp[:6] + struct.pack(">H", fold(pseudo + udp)) + udp[8:]
            if src.version == 4:
                ip = struct.pack(">BBHHHBBH", 0x45, 0, 36, 1, 0, 64, 17, 0) + src.packed + dst.packed
                ip = ip[:10] + struct.pack(">H", fold(ip)) + ip[12:]
            else:
                ip = struct.pack(">IHBB", 6 << 28, 16, 17, 64) + src.packed + dst.packed
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            s.bind(("eth0", 0))
            s.send(mac + b"\\x02\\0\\0\\0\\0\\x99" + struct.pack(">H", 0x0800 if src.version == 4 else 0x86dd) + ip + udp)
            """;

    private static final String TAKE =
            """
            import socket
            s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            s.bind(("::", 5000))
            while True:
                print(s.recv(99).decode().strip(), flush=True)
            """;
    private static final String OPEN =
            Lab.CHAPTER.replace("- port: 22\n", "- {port: 5000, protocol: UDP}\n");
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void onlyWhatIsForThisStationAndFromOutsideReachesTheGuest() throws IOException {
        lab.daemon().attachTap(OPEN).configureGuest();
        Path send = Files.writeString(lab.shell.directory().resolve("send.py"), SEND);
        Path said = lab.shell.directory().resolve("said");
        Path take = Files.writeString(lab.shell.directory().resolve("take.py"), TAKE);
        lab.startIn(lab.guest, "bash", "-c", "python3 " + take + " > " + said + " 2>&1");
        lab.awaitSocket(lab.guest, "udp sport = :5000");
        String own = lab.mustIn(lab.pod, "cat /sys/class/net/eth0/address").strip();
        String[][] families = {
            {"203.0.113.7", Lab.POD_ADDRESS, "10.0.2.1", "127.0.0.1"},
            {"2001:db8::7", Lab.POD_ADDRESS6, "fd10:0:2::1", "::1"}
        };
        for (String[] family : families) {
            String outside = family[0];
            String pod = family[1];
            send(send, "02:00:00:00:00:77", outside, pod, "other");
            send(send, "ff:ff:ff:ff:ff:ff", outside, pod, "broad");
            send(send, "33:33:00:00:00:01", outside, pod, "multi");
            send(send, own, pod, pod, "pods");
            send(send, own, family[2], pod, "gateway");
            send(send, own, family[3], pod, "loop");
            send(send, own, family[3], family[3], "loops");
            send(send, own, outside, pod, "right");
        }
        Wait.until("the last one", 10, () -> Shell.text(said), t -> Wait.count(t, "right") == 2);
        assertThat(Shell.text(said).lines()).containsExactly("right", "right");
        assertThat(lab.mustClient("get", "counters")).contains("drop_own_subnet");
    }

    private void send(Path script, String mac, String source, String destination, String text) {
        lab.mustIn(
                lab.out,
                String.join(" ", "python3", script.toString(), mac, source, destination, text));
    }
}
