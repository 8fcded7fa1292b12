package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One layer-2 frame: a pooled descriptor over its own {@link #CAPACITY} bytes, and nothing beyond
 * them. In front of the Ethernet header at {@link #start} stands a {@link VirtioNetHdr}. The fields
 * below {@link #length} are what {@link Headers#parse} found; they hold for the frame as it was
 * received.
 */
public final class Frame {
    /** A 64 KB GSO frame with all its headers. */
    public static final int CAPACITY = 68 * 1024;

    /**
     * Where the virtio_net_hdr of a received frame lies; what is before it is room for headers to
     * come.
     */
    public static final int HEADROOM = 64;

    /** Bytes a port may receive: virtio_net_hdr and frame. */
    public static final int RECEIVE_CAPACITY = CAPACITY - HEADROOM;

    /** {@link #tag} of a frame whose outermost tag, if any, is in the frame itself. */
    public static final int UNTAGGED = 0;

    /** {@link #fragmentOffset} of a packet that is no fragment. */
    public static final int WHOLE = -1;

    public final MemorySegment data;
    public final int index;
    final long address;

    /** Offset of the Ethernet header. */
    public int start;

    /** Bytes from {@link #start} on. */
    public int length;

    /** A VLAN tag that is beside the frame, as TPID and TCI; or {@link #UNTAGGED}. */
    public int tag;

    public Port ingress;
    public Port egress;
    public Vif vif;
    public Verdict verdict;

    /** Why the egress port has not sent it, or null: it has. Set by the poller. */
    public Verdict unsent;

    public int etherType;

    /** Offset of the network header. */
    public int l3;

    /** Offset of the transport header, or of a later fragment's payload; 0 where there is none. */
    public int l4;

    /** Offset behind the last byte of the IP packet; Ethernet padding is beyond it. */
    public int end;

    /** IP protocol number (of IPv6: the last of the chain), or -1. */
    public int protocol;

    /** Addresses of the IP header as {@link io.virtdataplane.wire.Ip} holds them. */
    public long srcHigh;

    public long srcLow;
    public long dstHigh;
    public long dstLow;

    /** Where a fragment's payload stands in its datagram, or {@link #WHOLE}. */
    public int fragmentOffset;

    public boolean moreFragments;
    public int identification;

    /** Offset of the IPv6 fragment header; 0 where there is none. */
    public int fragmentHeader;

    /** The guest's side and the other side's port, where a stage has read them. */
    public int localPort;

    public int remotePort;

    /** The frame has become an answer to what it was: it leaves by its ingress. */
    public boolean replies;

    /** Bytes that an IPv4 packet must be cut to when it is sent, or 0. */
    public int splitMtu;

    /** Records the frame's way, or null: not traced. */
    Trace trace;

    Frame(MemorySegment data, int index) {
        this.data = data;
        this.index = index;
        this.address = data.address();
        this.start = HEADROOM + VirtioNetHdr.LENGTH;
    }

    public boolean isIpv4() {
        return etherType == Ethernet.IPV4;
    }

    public boolean isIpv6() {
        return etherType == Ethernet.IPV6;
    }

    public boolean isFragment() {
        return fragmentOffset != WHOLE;
    }

    /** A fragment without the transport header. */
    public boolean isLaterFragment() {
        return fragmentOffset > 0;
    }

    /** Notes a step of the walk where the frame is traced. */
    public void note(Step step, long first, long second) {
        if (trace != null) {
            trace.add(step, first, second);
        }
    }

    /** Somebody asks for its way: what is noted may cost. */
    public boolean isTraced() {
        return trace != null;
    }

    /** The same with words, which only a frame that {@link #isTraced} has made. */
    public void note(Step step, String words) {
        if (trace != null) {
            trace.add(step, words);
        }
    }

    /** The walk is to be explained only: it changes no table and sends nothing. */
    public boolean isDryRun() {
        return trace != null && trace.isDryRun();
    }

    /** Offset of the virtio_net_hdr. */
    public int vnet() {
        return start - VirtioNetHdr.LENGTH;
    }

    /** Native address of a received frame's first byte, its virtio_net_hdr; for pollers. */
    public long receiveAddress() {
        return address + HEADROOM;
    }

    /**
     * Native address of what is to be sent: virtio_net_hdr and frame, {@code length +
     * VirtioNetHdr.LENGTH} bytes.
     */
    public long sendAddress() {
        return address + vnet();
    }

    /**
     * A frame of {@code bytes} bytes, its virtio_net_hdr included, has been put at {@link
     * #receiveAddress}.
     */
    public void received(Port port, int bytes) {
        received(port, 0, bytes, UNTAGGED);
    }

    /** The same, {@code offset} bytes behind that address, with a tag beside it. */
    public void received(Port port, int offset, int bytes, int besideTag) {
        start = HEADROOM + offset + VirtioNetHdr.LENGTH;
        tag = besideTag;
        length = bytes - VirtioNetHdr.LENGTH;
        ingress = port;
    }

    /** It is empty, and begins where a frame without anything beside it is received. */
    void reset() {
        start = HEADROOM + VirtioNetHdr.LENGTH;
        length = 0;
        tag = UNTAGGED;
    }

    /** These bytes, from the Ethernet header on and without offloads, have come in by the port. */
    public void received(Port port, byte[] bytes) {
        received(port, bytes.length + VirtioNetHdr.LENGTH);
        VirtioNetHdr.clear(data, vnet());
        MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, start, bytes.length);
    }

    /** Becomes another frame's like: bytes, tag, and whose it is. */
    void copyOf(Frame other) {
        start = other.start;
        length = other.length;
        tag = other.tag;
        vif = other.vif;
        verdict = Verdict.CONTINUE; // it is counted as the other one
        MemorySegment.copy(other.data, other.vnet(), data, vnet(), length + VirtioNetHdr.LENGTH);
    }

    /**
     * Becomes a frame of our own of {@code newLength} bytes, without offloads. It begins where it
     * did: an answer is written over its question.
     */
    public void compose(int newLength) {
        length = newLength;
        tag = UNTAGGED;
        VirtioNetHdr.clear(data, vnet());
    }
}
