package io.virtdataplane.daemon.metrics;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers GET /metrics, in OpenMetrics text where the client asks for it. */
@ChannelHandler.Sharable
final class MetricsHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsHandler.class);
    private static final String PATH = "/metrics";
    private final Scrape scrape;
    private final Executor scrapes;
    private final ExpositionFormats formats = ExpositionFormats.init();

    /**
     * @param scrapes does one after the other, and refuses when too many wait
     */
    MetricsHandler(Scrape scrape, Executor scrapes) {
        this.scrape = scrape;
        this.scrapes = scrapes;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        HttpMethod method = request.method();
        String accept = request.headers().get(HttpHeaderNames.ACCEPT);
        if (!request.decoderResult().isSuccess()) {
            send(context, text(context, HttpResponseStatus.BAD_REQUEST, "not a HTTP request"));
        } else if (!new QueryStringDecoder(request.uri()).path().equals(PATH)) {
            send(context, text(context, HttpResponseStatus.NOT_FOUND, "see " + PATH));
        } else if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            FullHttpResponse refusal =
                    text(context, HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET and HEAD");
            refusal.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
            send(context, refusal);
        } else {
            queue(context, accept);
        }
    }

    private void queue(ChannelHandlerContext context, String accept) {
        try {
            scrapes.execute(() -> send(context, metrics(context, accept)));
        } catch (RejectedExecutionException e) {
            send(
                    context,
                    text(
                            context,
                            HttpResponseStatus.SERVICE_UNAVAILABLE,
                            "too many scrapes at a time"));
        }
    }

    private FullHttpResponse metrics(ChannelHandlerContext context, String accept) {
        ExpositionFormatWriter writer = formats.findWriter(accept);
        ByteBuf body = context.alloc().heapBuffer();
        try (OutputStream out = new ByteBufOutputStream(body)) {
            writer.write(out, scrape.take());
            return response(HttpResponseStatus.OK, writer.getContentType(), body);
        } catch (IOException | RuntimeException e) {
            body.release();
            LOG.error("scrape failed", e);
            return text(context, HttpResponseStatus.INTERNAL_SERVER_ERROR, e.toString());
        }
    }

    private static FullHttpResponse text(
            ChannelHandlerContext context, HttpResponseStatus status, String words) {
        ByteBuf body = ByteBufUtil.writeUtf8(context.alloc(), words + "\n");
        return response(status, "text/plain; charset=utf-8", body);
    }

    private static FullHttpResponse response(HttpResponseStatus status, String type, ByteBuf body) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        return response;
    }

    private static void send(ChannelHandlerContext context, FullHttpResponse response) {
        // One that does not read its answer is not asked for the next question.
        context.channel().config().setAutoRead(false);
        context.writeAndFlush(response)
                .addListener(sent -> context.channel().config().setAutoRead(true));
    }

    /** A client that went away, or sent nothing for long. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("metrics connection ended", cause);
        context.close();
    }
}
