package io.virtdataplane.daemon;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;

/**
 * Traffic of which the JVM learns what the packet thread does, before a package is made
 * (bin/make-aot-cache): at each end of a guest's network one of these answers, and speaks to the
 * others. Both ends need no tool but this one.
 */
final class Rehearsal {
    private static final int BULK = 1 << 16;
    private static final int TIMEOUT_MS = 500;

    private final int port;
    private final long endNs;

    private Rehearsal(int port, Duration time) {
        this.port = port;
        this.endNs = System.nanoTime() + time.toNanos();
    }

    /**
     * Answers on a port and speaks to each peer in turn; prints how many connections were made.
     *
     * @param arguments seconds, port, the peers' addresses
     */
    public static void main(String... arguments) throws IOException {
        Rehearsal rehearsal =
                new Rehearsal(
                        Integer.parseInt(arguments[1]),
                        Duration.ofSeconds(Integer.parseInt(arguments[0])));
        try (ServerSocket listening = new ServerSocket(rehearsal.port);
                DatagramSocket datagrams = new DatagramSocket(rehearsal.port)) {
            Thread.startVirtualThread(() -> rehearsal.answer(listening));
            Thread.startVirtualThread(() -> rehearsal.answer(datagrams));
            int connections = 0;
            for (int i = 2; rehearsal.isOn(); i = i + 1 < arguments.length ? i + 1 : 2) {
                connections +=
                        rehearsal.speakTo(new InetSocketAddress(arguments[i], rehearsal.port));
            }
            System.out.println(connections);
        }
    }

    private boolean isOn() {
        return System.nanoTime() < endNs;
    }

    private void answer(ServerSocket listening) {
        try {
            while (true) {
                Socket client = listening.accept();
                Thread.startVirtualThread(() -> echo(client));
            }
        } catch (IOException e) {
            // closed: the rehearsal is over
        }
    }

    private void answer(DatagramSocket datagrams) {
        DatagramPacket packet = new DatagramPacket(new byte[BULK], BULK);
        try {
            while (true) {
                datagrams.receive(packet);
                datagrams.send(packet);
                packet.setLength(BULK);
            }
        } catch (IOException e) {
            // closed: the rehearsal is over
        }
    }

    private static void echo(Socket client) {
        try (client) {
            client.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException e) {
            // the other end has had enough
        }
    }

    /** A connection that ends, one that is reset, some datagrams, and now and then many bytes. */
    private int speakTo(InetSocketAddress peer) throws IOException {
        try {
            for (int i = 0; i < 100 && isOn(); i++) {
                exchange(peer, i == 0 ? BULK : 1, i % 2 == 0);
                if (i % 4 == 0) {
                    exchangeDatagram(peer);
                }
            }
            return 1;
        } catch (IOException e) {
            return 0; // not there yet, or a frame was lost
        }
    }

    private static void exchange(InetSocketAddress peer, int bytes, boolean reset)
            throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(TIMEOUT_MS);
            socket.connect(peer, TIMEOUT_MS);
            if (reset) {
                socket.setSoLinger(true, 0);
            }
            socket.getOutputStream().write(new byte[bytes]);
            socket.getInputStream().readNBytes(bytes);
        }
    }

    private static void exchangeDatagram(InetSocketAddress peer) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(TIMEOUT_MS);
            socket.send(new DatagramPacket(new byte[100], 100, peer));
            socket.receive(new DatagramPacket(new byte[100], 100));
        } catch (SocketTimeoutException e) {
            // datagrams may be lost
        }
    }
}
