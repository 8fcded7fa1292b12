package io.virtdataplane.daemon.node;

import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.wire.Ip;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/** The addresses of this network namespace, at any of which a node port is reached. */
public final class NodeAddresses {
    private NodeAddresses() {}

    /** Without ports; link-local ones are left out, as they are one per device. */
    static Set<Endpoint> all() {
        return those(address -> true);
    }

    /** Of those, which others than the node itself may address. */
    public static Set<Endpoint> outward() {
        return those(address -> !address.isLoopbackAddress());
    }

    private static Set<Endpoint> those(Predicate<InetAddress> which) {
        Set<Endpoint> all = new HashSet<>();
        try {
            NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> !address.isLinkLocalAddress())
                    .filter(which)
                    .forEach(address -> all.add(of(address)));
        } catch (SocketException e) {
            throw new UncheckedIOException("look at the node's addresses", e);
        }
        return all;
    }

    private static Endpoint of(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet4Address
                ? new Endpoint(0, Ip.mapped(bytes.getInt()), 0)
                : new Endpoint(bytes.getLong(), bytes.getLong(), 0);
    }
}
