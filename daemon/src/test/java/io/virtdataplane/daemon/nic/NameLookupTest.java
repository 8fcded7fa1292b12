package io.virtdataplane.daemon.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.wire.AddressText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NameLookupTest {
    private static final int ADDRESS = AddressText.ipv4("203.0.113.9");
    private final NameServer server =
            new NameServer(
                    Map.of(
                            "tftp.boot.test",
                            List.of(ADDRESS),
                            "two.test",
                            List.of(ADDRESS + 1, ADDRESS)));

    @AfterEach
    void close() {
        server.close();
    }

    private NameLookup lookup(String... search) {
        return new NameLookup(List.of(server.address()), List.of(search));
    }

    @Test
    void findsAWholeNameAndOneBelowASearchDomain() {
        assertThat(lookup().ipv4("tftp.boot.test")).isEqualTo(ADDRESS);
        assertThat(lookup().ipv4("two.test")).as("the lowest").isEqualTo(ADDRESS);
        assertThat(lookup().ipv4("tftp.boot.test.")).isEqualTo(ADDRESS);
        assertThat(lookup("other.test", "boot.test").ipv4("tftp")).isEqualTo(ADDRESS);
        assertThat(lookup("other.test", "test").ipv4("tftp.boot")).isEqualTo(ADDRESS);
    }

    @Test
    void saysWhyThereIsNone() {
        assertThatThrownBy(() -> lookup("test").ipv4("nowhere"))
                .hasMessage("DNS knows no IPv4 address of it");
        assertThatThrownBy(() -> new NameLookup(List.of(), List.of()).ipv4("tftp.boot.test"))
                .hasMessage("the pod has no name server");
        server.silence();
        assertThatThrownBy(() -> lookup().ipv4("tftp.boot.test"))
                .hasMessage("no answer from " + server.address());
    }

    /** Answers A queries from a table, others that there is no such name. RFC 1035 4.1. */
    private static final class NameServer implements AutoCloseable {
        private final Map<String, List<Integer>> addressesByName;
        private final DatagramSocket socket;
        private volatile boolean silent;

        NameServer(Map<String, List<Integer>> addressesByName) {
            this.addressesByName = addressesByName;
            try {
                socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            Thread.ofPlatform().daemon().start(this::run);
        }

        String address() {
            return "127.0.0.1:" + socket.getLocalPort();
        }

        void silence() {
            silent = true;
        }

        private void run() {
            try {
                while (true) {
                    DatagramPacket query = new DatagramPacket(new byte[512], 512);
                    socket.receive(query);
                    if (!silent) {
                        byte[] answer = answer(query.getData(), query.getLength());
                        socket.send(
                                new DatagramPacket(
                                        answer, answer.length, query.getSocketAddress()));
                    }
                }
            } catch (IOException e) {
                // closed
            }
        }

        private byte[] answer(byte[] query, int length) {
            StringBuilder name = new StringBuilder();
            int at = 12;
            while (query[at] != 0) {
                name.append(name.isEmpty() ? "" : ".").append(new String(query, at + 1, query[at]));
                at += 1 + query[at];
            }
            List<Integer> addresses = addressesByName.getOrDefault(name.toString(), List.of());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(
                    ByteBuffer.allocate(12)
                            .put(query, 0, 2)
                            .putShort((short) (addresses.isEmpty() ? 0x8183 : 0x8180)) // NXDOMAIN
                            .putShort((short) 1)
                            .putShort((short) addresses.size())
                            .array());
            out.write(query, 12, at + 5 - 12); // the question, without what EDNS adds
            for (int address : addresses) {
                out.writeBytes(
                        ByteBuffer.allocate(16)
                                .putShort((short) 0xc00c)
                                .putShort((short) 1)
                                .putShort((short) 1)
                                .putInt(60)
                                .putShort((short) 4)
                                .putInt(address)
                                .array());
            }
            return out.toByteArray();
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
