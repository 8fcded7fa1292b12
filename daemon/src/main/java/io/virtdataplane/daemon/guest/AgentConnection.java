package io.virtdataplane.daemon.guest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A guest agent's wire: a line of JSON asks, a line answers, one at a time. The other end of a
 * virtio-serial port may hold what was sent to somebody before us, so each question begins with a
 * synchronisation (QEMU, qga/qapi-schema.json, guest-sync-delimited). One thread; another one may
 * close it, which ends what it waits for.
 */
final class AgentConnection implements AutoCloseable {
    private static final int DELIMITER = 0xff; // no UTF-8 text has it
    private final Path socket;
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(16 * 1024).flip();
    private int left; // bytes that the agent may still say before it has answered
    private int syncId = (int) System.nanoTime() & 0xffffff;

    private AgentConnection(Path socket, SocketChannel channel) {
        this.socket = socket;
        this.channel = channel;
    }

    /** Not connected yet. */
    static AgentConnection to(Path socket) throws IOException {
        return new AgentConnection(socket, SocketChannel.open(StandardProtocolFamily.UNIX));
    }

    void connect() throws IOException {
        channel.connect(UnixDomainSocketAddress.of(socket));
    }

    /** What the agent returns. Throws where it refuses, or says something else or too much. */
    JsonNode ask(String command) throws IOException {
        left = AgentAnswers.LONGEST;
        synchronise();
        send("{\"execute\":\"" + command + "\"}\n");
        JsonNode answer = parse(line());
        if (answer.has("error")) {
            throw new IOException(
                    command + " is refused: " + AgentAnswers.reason(answer.get("error")));
        }
        if (!answer.has("return")) {
            throw new IOException("it answers something else than was asked");
        }
        return answer.get("return");
    }

    private void synchronise() throws IOException {
        int id = syncId = syncId + 1 & 0xffffff;
        channel.write(ByteBuffer.wrap(new byte[] {(byte) DELIMITER}));
        send("{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":" + id + "}}\n");
        while (next() != DELIMITER) {
            // answers to somebody before us
        }
        while (!isSynchronised(line(), id)) {
            // answers to an earlier question of ours
        }
    }

    private static boolean isSynchronised(byte[] line, int id) {
        try {
            JsonNode returned = AgentAnswers.parse(line, line.length).path("return");
            return returned.isInt() && returned.intValue() == id;
        } catch (IOException e) {
            return false;
        }
    }

    private static JsonNode parse(byte[] line) throws IOException {
        try {
            return AgentAnswers.parse(line, line.length);
        } catch (JsonProcessingException e) {
            throw new IOException("its answer is no JSON of a usual size", e);
        }
    }

    private void send(String text) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        while (out.hasRemaining()) {
            channel.write(out);
        }
    }

    /** The bytes before the next line feed; delimiters are of no meaning there. */
    private byte[] line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int one = next(); one != '\n'; one = next()) {
            if (one != DELIMITER) {
                line.write(one);
            }
        }
        return line.toByteArray();
    }

    private int next() throws IOException {
        if (left-- <= 0) {
            throw new IOException("its answer is longer than " + AgentAnswers.LONGEST + " bytes");
        }
        if (!in.hasRemaining()) {
            in.clear();
            int count = channel.read(in);
            in.flip();
            if (count < 0) {
                throw new EOFException("it has closed the connection");
            }
        }
        return in.get() & 0xff;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
