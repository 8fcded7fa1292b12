package io.virtdataplane.daemon.node;

import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the node's devices take in what asks for IPv6 addresses that it answers for: each address's
 * solicited-node group (RFC 4291 2.7.1) is joined, or a network card would filter its frames.
 */
final class SolicitedGroups implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SolicitedGroups.class);
    private final Set<Membership> joined = new HashSet<>();
    private MulticastSocket socket; // null: no address is of IPv6

    private record Membership(InetAddress group, String device) {}

    /** Exactly these from now on. What a device refuses is tried with the next change. */
    void join(Collection<Endpoint> addresses, Collection<String> devices) {
        Set<Membership> wanted = new HashSet<>();
        for (Endpoint address : addresses) {
            devices.forEach(device -> wanted.add(new Membership(group(address), device)));
        }
        for (Membership each : Set.copyOf(joined)) {
            if (!wanted.contains(each)) {
                joined.remove(each);
                change(each, false);
            }
        }
        for (Membership each : wanted) {
            if (!joined.contains(each) && change(each, true)) {
                joined.add(each);
            }
        }
    }

    private static InetAddress group(Endpoint address) {
        long low = 0x0000_0001_ff00_0000L | address.low() & 0xff_ffff;
        byte[] bytes = ByteBuffer.allocate(16).putLong(0xff02L << 48).putLong(low).array();
        try {
            return InetAddress.getByAddress(bytes);
        } catch (IOException e) {
            throw new IllegalStateException("16 bytes are an address", e);
        }
    }

    private boolean change(Membership of, boolean isJoined) {
        try {
            NetworkInterface device = NetworkInterface.getByName(of.device());
            if (device == null) {
                return false;
            }
            if (socket == null) {
                socket = new MulticastSocket(null); // bound to nothing: it receives nothing
            }
            InetSocketAddress group = new InetSocketAddress(of.group(), 0);
            if (isJoined) {
                socket.joinGroup(group, device);
            } else {
                socket.leaveGroup(group, device);
            }
            return true;
        } catch (IOException e) {
            LOG.debug("group {} of {}: {}", of.group(), of.device(), e.getMessage());
            return false;
        }
    }

    @Override
    public void close() {
        joined.clear();
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }
}
