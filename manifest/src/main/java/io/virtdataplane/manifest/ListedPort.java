package io.virtdataplane.manifest;

import io.virtdataplane.wire.Protocols;
import java.util.Locale;

/**
 * An open port.
 *
 * @param name that Services may call it by, or empty
 * @param protocol IP protocol number
 */
public record ListedPort(String name, int protocol, int port) {
    /** "TCP/80", "udp/53", "SCTP/5060"; without a protocol TCP is meant. */
    public static ListedPort parse(String text) {
        String[] parts = text.strip().split("/", -1);
        String protocol = parts.length == 1 ? "TCP" : parts[0].toUpperCase(Locale.ROOT);
        int number =
                switch (protocol) {
                    case "TCP" -> Protocols.TCP;
                    case "UDP" -> Protocols.UDP;
                    case "SCTP" -> Protocols.SCTP;
                    default -> -1;
                };
        int port;
        try {
            port = Integer.parseInt(parts[parts.length - 1]);
        } catch (NumberFormatException e) {
            port = -1;
        }
        if (parts.length > 2 || number < 0 || port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "ports must be PROTOCOL/PORT of TCP, UDP or SCTP and 1-65535, separated by commas; or all, or manifest: ports="
                            + text);
        }
        return new ListedPort("", number, port);
    }
}
