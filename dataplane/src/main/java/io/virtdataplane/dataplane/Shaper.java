package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Holds one direction of an interface to its {@link Rate}. Each frame moves the time at which the
 * next one is due (the virtual scheduling algorithm, ITU-T I.371 A.2), once for its bits and once
 * for its packets. A frame that comes too early waits in memory of the shaper's own, so that a TCP
 * stream finds the rate without losing a window at a time; one that would wait too long, or finds
 * no room, is dropped. What was saved up in a pause may come at once, for {@link #BURST_NS}. A GSO
 * frame passes whole. Worker's thread.
 *
 * <pre>
 *   entry: bytes with the virtio_net_hdr (4)    tag (4)    bytes on the wire (4)    packets (4)    virtio_net_hdr, frame    to a multiple of 8
 * </pre>
 */
final class Shaper {
    private static final long BURST_NS = 10_000_000L;
    private static final int LEAST_BURST_BYTES = 64 << 10;
    private static final int LEAST_BURST_PACKETS = 16;
    private static final long LONGEST_WAIT_NS = 200_000_000L;
    private static final int ROOM = 512 << 10;
    private static final int HEADER = 16;
    private static final int WRAPS = -1; // in place of a length: the next entry is at the beginning
    private static final double SECOND_NS = 1e9;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    final Vif vif;
    final boolean isEgress;
    private final Shaping shaping;
    private final MemorySegment ring = Arena.ofAuto().allocate(ROOM, 8);
    private double nsPerByte;
    private double nsPerPacket;
    private long byteBurstNs;
    private long packetBurstNs;
    private long bytesDueNs = Long.MIN_VALUE;
    private long packetsDueNs = Long.MIN_VALUE;
    private int head;
    private int tail;
    private int count;
    private long waitingBytes;
    private long waitingPackets;

    /**
     * @param isEgress of what the guest sends, else of what it gets
     * @param shaping is told when frames wait here
     */
    Shaper(Vif vif, boolean isEgress, Rate rate, Shaping shaping) {
        this.vif = vif;
        this.isEgress = isEgress;
        this.shaping = shaping;
        nsPerByte = rate.bits() == 0 ? 0 : SECOND_NS * Byte.SIZE / rate.bits();
        nsPerPacket = rate.packets() == 0 ? 0 : SECOND_NS / rate.packets();
        byteBurstNs = Math.max(BURST_NS, (long) (LEAST_BURST_BYTES * nsPerByte));
        packetBurstNs = Math.max(BURST_NS, (long) (LEAST_BURST_PACKETS * nsPerPacket));
    }

    /** The limit is no more: what waits is due. */
    void lift() {
        nsPerByte = 0;
        nsPerPacket = 0;
        bytesDueNs = Long.MIN_VALUE;
        packetsDueNs = Long.MIN_VALUE;
    }

    /** What waits is lost, as its interface is gone. */
    void clear() {
        count = 0;
    }

    /** CONTINUE: it may pass now. QUEUED: it will. Else {@code refusal}. */
    Verdict shape(Frame frame, Verdict refusal, long nowNs) {
        int packets = packets(frame);
        long bytes = frame.length + (long) (packets - 1) * headers(frame);
        if (count == 0 && nowNs >= nextNs()) {
            use(bytes, packets, nowNs);
            return Verdict.CONTINUE;
        }
        return mayWait() && hold(frame, (int) bytes, packets) ? Verdict.QUEUED : refusal;
    }

    /** A frame of this length would pass or wait. */
    boolean takes(Frame frame, long nowNs) {
        return count == 0 && nowNs >= nextNs() || mayWait() && place(frame.length) >= 0;
    }

    private boolean mayWait() {
        return count == 0
                || waitingBytes * nsPerByte <= LONGEST_WAIT_NS
                        && waitingPackets * nsPerPacket <= LONGEST_WAIT_NS;
    }

    /** When the next frame may pass. */
    private long nextNs() {
        long bytesNs = nsPerByte == 0 ? Long.MIN_VALUE : bytesDueNs - byteBurstNs;
        long packetsNs = nsPerPacket == 0 ? Long.MIN_VALUE : packetsDueNs - packetBurstNs;
        boolean isNew = bytesDueNs == Long.MIN_VALUE;
        return isNew ? Long.MIN_VALUE : Math.max(bytesNs, packetsNs);
    }

    private void use(long bytes, int packets, long nowNs) {
        bytesDueNs = Math.max(bytesDueNs, nowNs) + (long) (bytes * nsPerByte);
        packetsDueNs = Math.max(packetsDueNs, nowNs) + (long) (packets * nsPerPacket);
    }

    /** When the first of those that wait may go on; Long.MAX_VALUE: none waits. */
    long dueNs() {
        return count == 0 ? Long.MAX_VALUE : nextNs();
    }

    private boolean hold(Frame frame, int bytes, int packets) {
        int at = place(frame.length);
        if (at < 0) {
            return false;
        }
        if (at == 0 && tail != 0 && tail + HEADER <= ROOM) {
            ring.set(INT, tail, WRAPS);
        }
        int length = frame.length + VirtioNetHdr.LENGTH;
        ring.set(INT, at, length);
        ring.set(INT, at + 4, frame.tag);
        ring.set(INT, at + 8, bytes);
        ring.set(INT, at + 12, packets);
        MemorySegment.copy(frame.data, frame.vnet(), ring, at + HEADER, length);
        tail = at + entry(frame.length);
        waitingBytes += bytes;
        waitingPackets += packets;
        if (count++ == 0) {
            shaping.wait(this);
        }
        return true;
    }

    /** Where a frame of this length finds room; negative: nowhere. */
    private int place(int frameLength) {
        int entry = entry(frameLength);
        if (count == 0) {
            head = 0;
            tail = 0;
            waitingBytes = 0;
            waitingPackets = 0;
            return entry <= ROOM ? 0 : -1;
        }
        if (tail > head) {
            return tail + entry <= ROOM ? tail : entry < head ? 0 : -1;
        }
        return tail + entry < head ? tail : -1;
    }

    private static int entry(int frameLength) {
        return HEADER + VirtioNetHdr.LENGTH + frameLength + 7 & -8;
    }

    /** {@code frame} becomes the first of those that wait, as it had come in. */
    void take(Frame frame, long nowNs) {
        if (head + HEADER > ROOM || ring.get(INT, head) == WRAPS) {
            head = 0;
        }
        int length = ring.get(INT, head);
        int bytes = ring.get(INT, head + 8);
        int packets = ring.get(INT, head + 12);
        frame.received(vif.ingress(isEgress), 0, length, ring.get(INT, head + 4));
        MemorySegment.copy(ring, head + HEADER, frame.data, frame.vnet(), length);
        frame.vif = vif;
        head += entry(length - VirtioNetHdr.LENGTH);
        count--;
        waitingBytes -= bytes;
        waitingPackets -= packets;
        use(bytes, packets, nowNs);
    }

    /** How many leave the device for this frame. */
    private static int packets(Frame frame) {
        if (!VirtioNetHdr.isGso(frame.data, frame.vnet())) {
            return 1;
        }
        int segment = VirtioNetHdr.gsoSize(frame.data, frame.vnet());
        int payload = frame.length - headers(frame);
        return segment == 0 || payload <= segment ? 1 : Math.ceilDiv(payload, segment);
    }

    /** In front of each segment's payload; as the sender says, so bounded. */
    private static int headers(Frame frame) {
        int said = VirtioNetHdr.headerLength(frame.data, frame.vnet());
        return Math.clamp(said, Math.min(Ethernet.HEADER, frame.length), frame.length);
    }
}
