package io.virtdataplane.daemon.cni;

import io.virtdataplane.daemon.attach.Nics;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.rpc.GuardedSocket;
import io.virtdataplane.daemon.sriov.PodVfs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the CNI plugin's executable hands its calls on: its environment and input come in, an exit
 * code (one byte) and what is to be printed go out. Root and the daemon's own user and group may
 * open it.
 */
public final class CniSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CniSocket.class);
    private static final String NOTED = "cni-del";
    private static final int LONGEST = 1 << 20; // of a call, bytes
    private static final int AT_A_TIME = 32;
    private static final int PAUSE_MS = 100;
    private static final int END_SECONDS = 5;
    private final ServerSocketChannel server;
    private final CniPlugin plugin;
    private final Set<SocketChannel> callers = ConcurrentHashMap.newKeySet();
    private final CniCallOrder order = new CniCallOrder();
    private final Semaphore running = new Semaphore(AT_A_TIME);
    private final ExecutorService calls =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("cni-", 0).factory());

    public CniSocket(Path path, Nics nics, Bridges bridges, PodVfs vfs) throws IOException {
        CniNetwork onBridges = new CniNicNetwork(new CniBridgeNetwork(bridges), nics, calls);
        plugin =
                new CniPlugin(
                        Map.of(
                                "cnv-bridge",
                                onBridges,
                                "bridge",
                                onBridges,
                                "virt-dataplane",
                                new CniNicNetwork(new CniPodNetwork(), nics, calls),
                                "sriov",
                                new CniVfNetwork(vfs)));
        GuardedSocket socket = GuardedSocket.take("cni", path, "");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        socket.restrict();
        catchUp(path.resolveSibling(NOTED));
        Thread.ofPlatform().daemon().name("cni").start(this::accept);
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel caller = server.accept();
                callers.add(caller);
                CniCallOrder.Place place = order.next();
                calls.execute(() -> serve(caller, place));
            } catch (ClosedChannelException e) {
                LOG.debug("CNI socket closed");
            } catch (IOException e) { // too many open files, for one: later there may be fewer
                LOG.warn("CNI call not taken: {}", e.getMessage());
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** DELs that the executable has noted while no daemon was there: CONTAINER@INTERFACE. */
    private void catchUp(Path noted) throws IOException {
        Files.createDirectories(noted);
        try (DirectoryStream<Path> all = Files.newDirectoryStream(noted)) {
            for (Path each : all) {
                String name = each.getFileName().toString();
                int at = name.indexOf('@');
                if (at > 0) {
                    plugin.deleteLater(name.substring(0, at), name.substring(at + 1));
                }
                Files.delete(each);
            }
        }
    }

    private void serve(SocketChannel caller, CniCallOrder.Place place) {
        try (caller;
                place) {
            CniCall call = CniCall.read(read(caller));
            place.take(call);
            running.acquire();
            CniPlugin.Answer answer;
            try {
                answer = plugin.run(call);
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
        } finally {
            callers.remove(caller);
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
        callers.forEach(CniSocket::end); // one that sends nothing is not waited for
        calls.shutdown();
        try {
            if (!calls.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
                calls.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void end(SocketChannel caller) {
        try {
            caller.shutdownInput();
        } catch (IOException e) {
            LOG.debug("CNI caller has gone: {}", e.getMessage());
        }
    }
}
