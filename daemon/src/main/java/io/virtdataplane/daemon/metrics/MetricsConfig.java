package io.virtdataplane.daemon.metrics;

import io.virtdataplane.daemon.rpc.GuardedSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where metrics are served, and how many.
 *
 * @param socket path of the UNIX socket
 * @param group whose members may use it; empty: root and the daemon's own user
 * @param address of loopback
 * @param nics NICs and uplinks that are told one by one
 */
public record MetricsConfig(
        Optional<Path> socket, String group, Optional<InetSocketAddress> address, int nics) {
    private static final String NONE = "none";
    private static final int MOST_NICS = 4096;
    private static final int LAST_PORT = 65_535;
    private static final Pattern ADDRESS = Pattern.compile("(127\\.0\\.0\\.1|\\[::1]):(\\d{1,5})");

    /**
     * Throws with the first rule that a setting breaks.
     *
     * @param socket path, or "none"
     * @param address 127.0.0.1:PORT, [::1]:PORT, or empty
     */
    public static MetricsConfig of(String socket, String group, String address, int nics) {
        check(
                socket.equals(NONE)
                        || socket.startsWith("/") && socket.length() <= GuardedSocket.LONGEST_PATH,
                "metrics.socket must be none, or an absolute path shorter than 108 bytes: socket="
                        + socket);
        check(
                nics >= 0 && nics <= MOST_NICS,
                "metrics.nics must be 0-" + MOST_NICS + ": nics=" + nics);
        return new MetricsConfig(
                socket.equals(NONE) ? Optional.empty() : Optional.of(Path.of(socket)),
                group,
                address.isEmpty() ? Optional.empty() : Optional.of(address(address)),
                nics);
    }

    private static InetSocketAddress address(String text) {
        Matcher parts = ADDRESS.matcher(text);
        int port = parts.matches() ? Integer.parseInt(parts.group(2)) : 0;
        check(
                port > 0 && port <= LAST_PORT,
                "metrics.address must be 127.0.0.1:PORT or [::1]:PORT, as nobody is asked who he is there; an agent on this node takes metrics to others: address="
                        + text);
        return new InetSocketAddress(InetAddress.ofLiteral(parts.group(1)), port);
    }

    private static void check(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
