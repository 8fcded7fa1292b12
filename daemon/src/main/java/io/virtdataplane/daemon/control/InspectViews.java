package io.virtdataplane.daemon.control;

import com.google.protobuf.UnsafeByteOperations;
import io.virtdataplane.api.CaptureReply;
import io.virtdataplane.api.CapturedFrame;
import io.virtdataplane.api.TraceReply;
import io.virtdataplane.daemon.inspect.CapturedFrames;
import io.virtdataplane.daemon.inspect.PacketFields;
import io.virtdataplane.dataplane.Trace;
import io.virtdataplane.dataplane.Verdict;
import java.util.Locale;

/** Traces and captured frames as the API has them. */
final class InspectViews {
    private InspectViews() {}

    static TraceReply trace(Trace trace) {
        Verdict verdict = trace.verdict();
        return TraceReply.newBuilder()
                .setFrom(trace.isFromGuest() ? "guest" : "outside")
                .setBefore(PacketFields.of(trace.before()).text())
                .setAfter(trace.after().length == 0 ? "" : PacketFields.of(trace.after()).text())
                .addAllSteps(trace.describe())
                .setVerdict(verdict.label())
                .setMeaning(verdict.words())
                .setDrop(verdict.isDrop())
                .build();
    }

    static CaptureReply captured(CapturedFrames captured) {
        CaptureReply.Builder reply = CaptureReply.newBuilder().setLost(captured.lost());
        for (CapturedFrames.Captured frame : captured.frames()) {
            reply.addFrames(
                    CapturedFrame.newBuilder()
                            .setUnixNs(frame.unixNs())
                            .setSide(frame.side().name().toLowerCase(Locale.ROOT))
                            .setData(UnsafeByteOperations.unsafeWrap(frame.bytes())));
        }
        return reply.build();
    }
}
