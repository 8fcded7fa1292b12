package io.virtdataplane.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a Service does for pods: each connection goes to the next server, and one that is gone is
 * passed over.
 */
final class TcpBalancer implements AutoCloseable {
    private static final int CONNECT_MS = 1_000;
    private final ServerSocket listener;
    private final List<Integer> ports = new CopyOnWriteArrayList<>();
    private final AtomicInteger next = new AtomicInteger();

    TcpBalancer() {
        try {
            listener = new ServerSocket(0, 100, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    void add(int port) {
        ports.add(port);
    }

    void remove(int port) {
        ports.remove(Integer.valueOf(port));
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            List<Integer> now = List.copyOf(ports);
            for (int tries = 0; tries < now.size(); tries++) {
                int port = now.get(Math.floorMod(next.getAndIncrement(), now.size()));
                try (Socket server = new Socket()) {
                    server.connect(new InetSocketAddress("127.0.0.1", port), CONNECT_MS);
                    Thread answers = Thread.ofVirtual().start(() -> copy(server, client));
                    copy(client, server);
                    answers.join();
                    return;
                } catch (java.net.ConnectException e) {
                    continue; // the next one
                }
            }
        } catch (IOException e) {
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends both, so that neither waits for the other. */
    private static void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // one of them has ended
        } finally {
            end(from);
            end(to);
        }
    }

    private static void end(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
