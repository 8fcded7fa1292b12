package io.virtdataplane.daemon.rpc;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import io.virtdataplane.sys.PeerGroups;
import java.io.IOException;
import org.slf4j.LoggerFactory;

/**
 * Stands in the listening socket's pipeline and lets in only root, the daemon's own user, and the
 * members of one group whose socket it is: the kernel says who the peer is (SO_PEERCRED), whatever
 * the file's mode.
 */
final class PeerCheck extends ChannelInboundHandlerAdapter {
    private final Sparse log = new Sparse(LoggerFactory.getLogger(PeerCheck.class));
    private final String socket;
    private final boolean isHttp2;
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
     * @param isHttp2 it is spoken there, and floods of it are ended
     */
    PeerCheck(String socket, boolean isHttp2, Allowed allowed) {
        this.socket = socket;
        this.isHttp2 = isHttp2;
        this.allowed = allowed;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
        EpollDomainSocketChannel child = (EpollDomainSocketChannel) accepted;
        try {
            PeerCredentials peer = child.peerCredentials();
            if (isAllowed(peer, child.fd().intValue())) {
                if (isHttp2) {
                    child.pipeline().addFirst(new FloodGuard(socket, log));
                }
                context.fireChannelRead(accepted);
                return;
            }
            refused("uid=" + peer.uid() + " pid=" + peer.pid());
        } catch (IOException e) {
            refused("no peer credentials: " + e.getMessage());
        }
        child.unsafe().closeForcibly();
    }

    private void refused(String why) {
        log.warn(socket + " connection refused: " + why);
    }

    private boolean isAllowed(PeerCredentials peer, int descriptor) {
        return peer.uid() == 0
                || peer.uid() == allowed.user()
                || allowed.group() >= 0 && PeerGroups.contains(descriptor, allowed.group());
    }
}
