package io.virtdataplane.daemon.rpc;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Ends a connection that sends more HTTP/2 frames that ask for nothing than any client has use for:
 * SETTINGS, PING, PRIORITY, RST_STREAM, unknown ones, and DATA without data (RFC 9113 section 10.5
 * has a server watch for them; the library limits resets and pings only). It reads the frames'
 * heads, 9 bytes each, and lets all bytes pass.
 */
final class FloodGuard extends ChannelInboundHandlerAdapter {
    /** A client that follows all there is and cancels it again sends some dozens. */
    static final int MOST = 1000;

    private static final long WINDOW_NS = 10_000_000_000L;
    private static final int PREFACE = 24; // RFC 9113 section 3.4
    private static final int HEAD = 9; // section 4.1
    private static final int DATA = 0x0;
    private static final int HEADERS = 0x1;
    private static final int WINDOW_UPDATE = 0x8;
    private static final int END_STREAM = 0x1;
    private final String socket;
    private final Sparse log;
    private long skip = PREFACE; // bytes up to the next head
    private int read; // of a head
    private int length;
    private int type;
    private long windowNs = System.nanoTime();
    private int count;

    FloodGuard(String socket, Sparse log) {
        this.socket = socket;
        this.log = log;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf bytes && floods(bytes)) {
            bytes.release();
            log.warn(socket + " connection ended: more than " + MOST + " empty frames in 10 s");
            context.close();
            return;
        }
        context.fireChannelRead(message);
    }

    private boolean floods(ByteBuf bytes) {
        int at = bytes.readerIndex();
        while (at < bytes.writerIndex()) {
            if (skip > 0) {
                long passed = Math.min(skip, bytes.writerIndex() - at);
                skip -= passed;
                at += (int) passed;
            } else if (head(bytes.getUnsignedByte(at++)) && ++count > MOST && !hasNewWindow()) {
                return true;
            }
        }
        return false;
    }

    /** True at the last byte that matters of the head of a frame that asks for nothing. */
    private boolean head(int octet) {
        int position = read++;
        if (position < 3) {
            length = position == 0 ? octet : length << 8 | octet;
        } else if (position == 3) {
            type = octet;
        } else if (position == 4) {
            return asksNothing(octet);
        } else if (position == HEAD - 1) {
            read = 0;
            skip = length;
        }
        return false;
    }

    private boolean asksNothing(int flags) {
        return switch (type) {
            case DATA -> length == 0 && (flags & END_STREAM) == 0;
            case HEADERS, WINDOW_UPDATE -> false;
            default -> true;
        };
    }

    private boolean hasNewWindow() {
        long now = System.nanoTime();
        if (now - windowNs < WINDOW_NS) {
            return false;
        }
        windowNs = now;
        count = 1;
        return true;
    }
}
