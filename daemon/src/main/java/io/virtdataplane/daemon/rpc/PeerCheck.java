package io.virtdataplane.daemon.rpc;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import io.virtdataplane.sys.PeerGroups;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands in the listening socket's pipeline and lets in only root, the daemon's own user, and the
 * members of one group whose socket it is: the kernel says who the peer is (SO_PEERCRED), whatever
 * the file's mode.
 */
final class PeerCheck extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(PeerCheck.class);
    private final String socket;
    private final Allowed allowed;

    /**
     * Who may connect beside root.
     *
     * @param user the daemon's own
     * @param group its number, or -1
     */
    record Allowed(int user, int group) {}

    /**
     * @param socket what it is called in the log
     */
    PeerCheck(String socket, Allowed allowed) {
        this.socket = socket;
        this.allowed = allowed;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
        EpollDomainSocketChannel child = (EpollDomainSocketChannel) accepted;
        try {
            PeerCredentials peer = child.peerCredentials();
            if (isAllowed(peer, child.fd().intValue())) {
                context.fireChannelRead(accepted);
                return;
            }
            LOG.warn("{} connection refused: uid={} pid={}", socket, peer.uid(), peer.pid());
        } catch (IOException e) {
            LOG.warn("{} connection refused: no peer credentials: {}", socket, e.getMessage());
        }
        child.unsafe().closeForcibly();
    }

    private boolean isAllowed(PeerCredentials peer, int descriptor) {
        return peer.uid() == 0
                || peer.uid() == allowed.user()
                || allowed.group() >= 0 && PeerGroups.contains(descriptor, allowed.group());
    }
}
