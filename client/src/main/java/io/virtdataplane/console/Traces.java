package io.virtdataplane.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.GetRequest;
import io.virtdataplane.api.LiveFrames;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.TraceReply;
import io.virtdataplane.api.TraceRequest;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/** Why a frame was dropped: the way of frames, as they pass or as a dry run. */
final class Traces {
    private static final int FRAMES = 20;
    private static final int SECONDS = 60;

    /** Takes one event; fails where the page is gone. */
    @FunctionalInterface
    interface Sink {
        void take(JsonNode event) throws IOException;
    }

    private final Client client;
    private final FlowWords flows;

    Traces(Client client, FlowWords flows) {
        this.client = client;
        this.flows = flows;
    }

    /** The next dropped frames, at most {@value #FRAMES} in {@value #SECONDS} seconds. */
    void live(String nic, Sink sink) throws IOException {
        TraceRequest request =
                TraceRequest.newBuilder()
                        .setNic(nic)
                        .setLive(LiveFrames.newBuilder().setCount(FRAMES).setDropsOnly(true))
                        .build();
        try (Context.CancellableContext call = Context.current().withCancellation()) {
            Context outer = call.attach();
            try {
                Iterator<TraceReply> replies =
                        client.call().withDeadlineAfter(SECONDS, TimeUnit.SECONDS).trace(request);
                while (replies.hasNext()) {
                    sink.take(Json.of(replies.next()));
                }
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED) {
                    sink.take(Json.object().put("error", Refusal.of(e).getMessage()));
                }
            } finally {
                call.detach(outer);
            }
        }
        sink.take(Json.object().put("end", true));
    }

    /** A dry run: nothing is sent. */
    ObjectNode given(JsonNode body) {
        String name = body.path("nic").asText();
        Nic nic = client.call().get(GetRequest.newBuilder().setName(name).build());
        TraceRequest.Builder request = TraceRequest.newBuilder().setNic(name);
        try {
            request.setGiven(flows.frame(body.path("flow").asText(), nic));
        } catch (IllegalArgumentException e) {
            throw new Refusal(Refusal.WRONG_FIELD, "flow", e.getMessage());
        }
        ObjectNode answer = Json.object();
        ArrayNode frames = answer.putArray("frames");
        client.call().trace(request.build()).forEachRemaining(one -> frames.add(Json.of(one)));
        return answer;
    }
}
