package io.virtdataplane.daemon.cni;

import io.virtdataplane.daemon.attach.Nics;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.rpc.GuardedSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the CNI plugin's executable hands its calls on: its environment and input come in, an exit
 * code (one byte) and what is to be printed go out. The file is the daemon's own user's alone.
 */
public final class CniSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CniSocket.class);
    private static final int LONGEST = 1 << 20; // of a call, bytes
    private static final int AT_A_TIME = 32;
    private final ServerSocketChannel server;
    private final CniPlugin plugin;
    private final Semaphore running = new Semaphore(AT_A_TIME);
    private final ExecutorService calls =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("cni-", 0).factory());

    public CniSocket(Path path, Nics nics, Bridges bridges) throws IOException {
        CniBridgeNetwork onBridges = new CniBridgeNetwork(bridges);
        plugin =
                new CniPlugin(
                        nics,
                        Map.of(
                                "cnv-bridge",
                                onBridges,
                                "bridge",
                                onBridges,
                                "virt-dataplane",
                                new CniPodNetwork()),
                        calls);
        GuardedSocket socket = GuardedSocket.take("cni", path, "");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        socket.restrict();
        Thread.ofPlatform().daemon().name("cni").start(this::accept);
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel caller = server.accept();
                calls.execute(() -> serve(caller));
            }
        } catch (AsynchronousCloseException e) {
            LOG.debug("CNI socket closed");
        } catch (IOException e) {
            LOG.error("CNI calls are not taken any more", e);
        }
    }

    private void serve(SocketChannel caller) {
        try (caller) {
            byte[] message = read(caller);
            running.acquire();
            CniPlugin.Answer answer;
            try {
                answer = plugin.run(CniCall.read(message));
            } finally {
                running.release();
            }
            byte[] output = answer.output().getBytes(StandardCharsets.UTF_8);
            ByteBuffer bytes = ByteBuffer.allocate(1 + output.length);
            bytes.put((byte) answer.exitCode()).put(output).flip();
            while (bytes.hasRemaining()) {
                caller.write(bytes);
            }
        } catch (IOException e) {
            LOG.warn("CNI caller went away: {}", e.getMessage()); // it will ask for a DEL
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static byte[] read(SocketChannel caller) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer some = ByteBuffer.allocate(16 << 10);
        while (caller.read(some) >= 0) {
            all.write(some.array(), 0, some.position());
            some.clear();
            if (all.size() > LONGEST) {
                throw new IOException("a call must be at most " + LONGEST + " bytes");
            }
        }
        return all.toByteArray();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            LOG.warn("CNI socket not closed cleanly", e);
        }
        calls.close();
    }
}
