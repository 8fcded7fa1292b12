package io.virtdataplane.daemon.network;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whether the node's default gateways answer: by what a policy must not take from the node. */
final class GatewayProbe {
    private static final Path IPV4_ROUTES = Path.of("/proc/thread-self/net/route");
    private static final int GATEWAY_FLAG = 2; // RTF_GATEWAY, linux/route.h
    private static final int ANSWER_MS = 1000;

    private GatewayProbe() {}

    /**
     * The node has default routes, and no gateway answers: it is not the time to change bridges.
     */
    static boolean isCutOff() {
        return hasGateways() && answering().isEmpty();
    }

    static boolean hasGateways() {
        return !gateways().isEmpty();
    }

    /** The gateways that answer now. */
    static List<InetAddress> answering() {
        return gateways().stream().filter(GatewayProbe::answers).toList();
    }

    /** A ping: this process may send one. */
    static boolean answers(InetAddress gateway) {
        try {
            return gateway.isReachable(ANSWER_MS);
        } catch (IOException e) {
            return false; // no route to it
        }
    }

    private static List<InetAddress> gateways() {
        List<InetAddress> gateways = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(IPV4_ROUTES)) {
                // interface, destination, gateway, flags, ...: numbers in hexadecimal, network
                // order
                String[] words = line.strip().split("\\s+");
                boolean isDefault =
                        words.length > 7
                                && words[1].equals("00000000")
                                && words[7].equals("00000000")
                                && (Integer.parseInt(words[3], 16) & GATEWAY_FLAG) != 0;
                if (isDefault) {
                    gateways.add(
                            address(Integer.reverseBytes(Integer.parseUnsignedInt(words[2], 16))));
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("read " + IPV4_ROUTES, e);
        }
        return gateways;
    }

    private static InetAddress address(int ipv4) throws IOException {
        return InetAddress.getByAddress(
                new byte[] {
                    (byte) (ipv4 >>> 24), (byte) (ipv4 >>> 16), (byte) (ipv4 >>> 8), (byte) ipv4
                });
    }
}
