package io.virtdataplane.port;

import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfMap;
import io.virtdataplane.sys.BpfPins;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.Mapping;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.function.Supplier;

/**
 * What of a NIC's {@link Steering}, or of the node's {@link ServicePrograms}, stays in the kernel
 * while no daemon is there: its maps, and its programs' links. A seal says what they were made
 * from, and is written when all of it is there, so that the next daemon takes over what fits it,
 * and nothing else.
 *
 * <pre>
 *   seal:   layout (8)    seed of the flow table (8)    SHA-256 of programs, constants and namespace (32)
 * </pre>
 */
public final class SteeringPins implements AutoCloseable {
    private static final String SEAL = "seal";
    private static final long LAYOUT = 0x7664_706b_6565_7032L; // "vdpkeep2": what the maps mean
    private static final int DIGEST = 32;
    private static final int DIGEST_AT = 16;
    private static final int BYTES = DIGEST_AT + DIGEST;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final VarHandle WORD = LONG.varHandle();
    private BpfPins pins;
    private BpfMap map;
    private Mapping mapping;
    private MemorySegment seal;
    private String setAside = "";

    private SteeringPins(BpfPins pins) {
        this.pins = pins;
    }

    /** Nothing is kept. */
    public static SteeringPins none() {
        return new SteeringPins(BpfPins.none());
    }

    /** What is there is looked at; nothing of it is used yet. */
    public static SteeringPins open(BpfPins pins) {
        SteeringPins opened = new SteeringPins(pins);
        if (pins.isOn()) {
            try {
                opened.open();
            } catch (IllegalArgumentException e) { // a seal of another length
                opened.clear(e.getMessage());
            }
        }
        return opened;
    }

    private void open() {
        map = pins.memory(SEAL, BYTES);
        mapping = map.map(BYTES);
        seal = mapping.segment();
        long layout = (long) WORD.getAcquire(seal, 0L);
        if (layout != 0 && layout != LAYOUT) {
            clear("another version has left it: layout=" + Long.toHexString(layout));
        }
    }

    boolean isOn() {
        return pins.isOn();
    }

    BpfPins pins() {
        return pins;
    }

    /** An earlier run has left it, with all that belongs to it. */
    public boolean isWhole() {
        return seal != null && (long) WORD.getAcquire(seal, 0L) == LAYOUT;
    }

    /** The one that the earlier run had, or {@code fresh}. */
    public long seed(long fresh) {
        return isWhole() ? seal.get(LONG, Long.BYTES) : fresh;
    }

    /** It was made from the same. */
    boolean fits(byte[] digest) {
        return isWhole()
                && MessageDigest.isEqual(
                        digest, seal.asSlice(DIGEST_AT, DIGEST).toArray(ValueLayout.JAVA_BYTE));
    }

    /** All is there. */
    void seal(byte[] digest, long seed) {
        if (!isOn()) {
            return;
        }
        seal.set(LONG, Long.BYTES, seed);
        MemorySegment.copy(
                MemorySegment.ofBuffer(ByteBuffer.wrap(digest)), 0, seal, DIGEST_AT, DIGEST);
        WORD.setRelease(seal, 0L, LAYOUT);
    }

    /**
     * The link of that name, which is at this device.
     *
     * @param attach makes it where there is none from before
     */
    AutoCloseable link(String name, int device, boolean isKept, Supplier<AutoCloseable> attach) {
        if (!isKept) {
            AutoCloseable link = attach.get();
            if (link instanceof Fd fd) {
                pins.pin(fd, name);
            } else if (isOn()) {
                giveUp("filters of clsact are not kept");
            }
            return link;
        }
        Fd link = pins.open(name);
        if (link == null || Bpf.deviceOf(link) != device) {
            if (link != null) {
                link.close();
            }
            throw new IllegalStateException("a program is no more at its device: link=" + name);
        }
        return link;
    }

    /** The same for one that is at no device. */
    AutoCloseable link(String name, boolean isKept, Supplier<AutoCloseable> attach) {
        Fd kept = isKept ? pins.open(name) : null;
        if (kept != null) {
            return kept;
        }
        AutoCloseable link = attach.get();
        if (link instanceof Fd fd) {
            pins.pin(fd, name);
        }
        return link;
    }

    private void giveUp(String why) {
        clear(why);
        close();
        pins = BpfPins.none();
    }

    /** All of it is removed; the kernel goes on without us. */
    void clear(String why) {
        boolean wasWhole = isWhole();
        close();
        pins.remove();
        if (wasWhole && !why.isEmpty()) {
            setAside = why;
        }
        if (isOn()) {
            open();
        }
    }

    /** It goes for good. */
    void remove() {
        close();
        pins.remove();
        pins = BpfPins.none();
    }

    /** Why what was there has not been taken over; empty: it was, or there was none. */
    public String setAside() {
        return setAside;
    }

    @Override
    public void close() {
        seal = null;
        if (mapping != null) {
            mapping.close();
            map.close();
            mapping = null;
            map = null;
        }
    }
}
