package io.virtdataplane.dataplane;

import io.virtdataplane.wire.VirtioNetHdr;

/**
 * What one NIC carried, in frames as the ports deliver them (a GSO frame counts once) and bytes of
 * layer 2. One writer.
 */
public final class Counters {
    private final long[] framesByVerdict = new long[Verdict.count()];
    public long guestFrames;
    public long guestBytes;
    public long uplinkFrames;
    public long uplinkBytes;
    public long toGuestFrames;
    public long toGuestBytes;
    public long toUplinkFrames;
    public long toUplinkBytes;
    public long gsoFrames;

    /** Of all those, frames that the kernel has carried without a walk. */
    public long carriedFrames;

    /** Frames of our own making: announcements and queries. */
    public long originated;

    /** Of those, and of a bridge's copies: the egress device had no room. */
    public long lost;

    /** A frame has come in. */
    void received(Frame frame, boolean fromGuest) {
        if (fromGuest) {
            guestFrames++;
            guestBytes += frame.length;
        } else {
            uplinkFrames++;
            uplinkBytes += frame.length;
        }
        if (VirtioNetHdr.isGso(frame.data, frame.vnet())) {
            gsoFrames++;
        }
    }

    /** So many frames came in and found the queue full; of what length is not known. */
    void missed(boolean fromGuest, long frames) {
        if (fromGuest) {
            guestFrames += frames;
        } else {
            uplinkFrames += frames;
        }
        framesByVerdict[Verdict.DROP_INGRESS_FULL.ordinal()] += frames;
    }

    /** So many frames and bytes were translated and sent on without a walk. */
    void carried(long framesOut, long bytesOut, long framesIn, long bytesIn, long gso) {
        guestFrames += framesOut;
        guestBytes += bytesOut;
        toUplinkFrames += framesOut;
        toUplinkBytes += bytesOut;
        uplinkFrames += framesIn;
        uplinkBytes += bytesIn;
        toGuestFrames += framesIn;
        toGuestBytes += bytesIn;
        gsoFrames += gso;
        carriedFrames += framesOut + framesIn;
        framesByVerdict[Verdict.FORWARDED.ordinal()] += framesOut + framesIn;
    }

    /** So many frames and bytes came in by a bridge's port and were sent on without a walk. */
    public void carriedIn(long frames, long bytes, long gso) {
        guestFrames += frames;
        guestBytes += bytes;
        gsoFrames += gso;
        carriedFrames += frames;
        framesByVerdict[Verdict.FORWARDED.ordinal()] += frames;
    }

    /** Frames that ended as {@code from} and then turned out otherwise. */
    void recount(Verdict from, Verdict to, int frames) {
        framesByVerdict[from.ordinal()] -= frames;
        framesByVerdict[to.ordinal()] += frames;
    }

    /** A held frame is walked once more: its last verdict counts. */
    void uncount(Verdict verdict) {
        framesByVerdict[verdict.ordinal()]--;
    }

    /** Counts a final verdict; true when it is the first of its kind. */
    boolean count(Verdict verdict) {
        return framesByVerdict[verdict.ordinal()]++ == 0;
    }

    public long frames(Verdict verdict) {
        return framesByVerdict[verdict.ordinal()];
    }

    public long received() {
        return guestFrames + uplinkFrames;
    }

    public Counters copy() {
        Counters copy = new Counters();
        copyTo(copy);
        return copy;
    }

    /** Into memory of the reader's own: nothing is allocated. */
    public void copyTo(Counters copy) {
        System.arraycopy(framesByVerdict, 0, copy.framesByVerdict, 0, framesByVerdict.length);
        copy.guestFrames = guestFrames;
        copy.guestBytes = guestBytes;
        copy.uplinkFrames = uplinkFrames;
        copy.uplinkBytes = uplinkBytes;
        copy.toGuestFrames = toGuestFrames;
        copy.toGuestBytes = toGuestBytes;
        copy.toUplinkFrames = toUplinkFrames;
        copy.toUplinkBytes = toUplinkBytes;
        copy.gsoFrames = gsoFrames;
        copy.carriedFrames = carriedFrames;
        copy.originated = originated;
        copy.lost = lost;
    }
}
