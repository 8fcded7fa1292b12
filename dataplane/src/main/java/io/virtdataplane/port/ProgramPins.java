package io.virtdataplane.port;

import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfMap;
import io.virtdataplane.sys.BpfPins;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.Mapping;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.security.MessageDigest;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What of a NIC's {@link Steering}, or of the node's {@link ServicePrograms}, stays in the kernel
 * while no daemon is there: its maps, and its programs' links. A seal says what they were made
 * from, and is written when all of it is there, so that the next daemon takes over what fits it,
 * and nothing else.
 *
 * <pre>
 *   seal:   layout (8)    seed of the flow table (8)    SHA-256 of the place and the maps' layout (32)    of the programs (32)
 * </pre>
 *
 * Other programs, of a newer version for example, are put under the links that are there. They have
 * to take the maps for the same: what lies where in them is part of the digest, and where a value
 * changes its meaning {@code LAYOUT} has to change with it.
 */
public final class ProgramPins implements AutoCloseable {
    private static final String SEAL = "seal";
    private static final long LAYOUT = 0x7664_706b_6565_7033L; // "vdpkeep3": what the maps mean
    private static final int DIGEST = 32;
    private static final int DIGEST_AT = 16;
    private static final int PROGRAMS_AT = DIGEST_AT + DIGEST;
    private static final int BYTES = PROGRAMS_AT + DIGEST;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final VarHandle WORD = LONG.varHandle();

    /** What an earlier run has left, against what this one would make. */
    enum Fit {
        /** Nothing, or nothing that can be used. */
        NONE,
        /** Maps and links; the programs are others. */
        LINKS,
        /** All. */
        ALL
    }

    /**
     * What is made.
     *
     * @param place SHA-256 of devices, addresses, namespace, and what lies where in the maps
     * @param programs SHA-256 of the programs with their constants
     */
    record Made(byte[] place, byte[] programs) {}

    private BpfPins pins;
    private BpfMap map;
    private Mapping mapping;
    private MemorySegment seal;
    private String setAside = "";

    private ProgramPins(BpfPins pins) {
        this.pins = pins;
    }

    /** Nothing is kept. */
    public static ProgramPins none() {
        return new ProgramPins(BpfPins.none());
    }

    /** What is there is looked at; nothing of it is used yet. */
    public static ProgramPins open(BpfPins pins) {
        ProgramPins opened = new ProgramPins(pins);
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

    Fit fit(Made made) {
        if (!isWhole() || !isAt(DIGEST_AT, made.place())) {
            return Fit.NONE;
        }
        return isAt(PROGRAMS_AT, made.programs()) ? Fit.ALL : Fit.LINKS;
    }

    private boolean isAt(int at, byte[] digest) {
        byte[] there = seal.asSlice(at, DIGEST).toArray(ValueLayout.JAVA_BYTE);
        return MessageDigest.isEqual(digest, there);
    }

    /** All is there. */
    void seal(Made made, long seed) {
        if (!isOn()) {
            return;
        }
        seal.set(LONG, Long.BYTES, seed);
        MemorySegment.copy(MemorySegment.ofArray(made.place()), 0, seal, DIGEST_AT, DIGEST);
        MemorySegment.copy(MemorySegment.ofArray(made.programs()), 0, seal, PROGRAMS_AT, DIGEST);
        WORD.setRelease(seal, 0L, LAYOUT);
    }

    /**
     * The link of that name, which is at this device.
     *
     * @param program loads it, where there is none or another one
     * @param attach makes the link where there is none from before
     */
    AutoCloseable link(
            String name,
            int device,
            Fit fit,
            Supplier<Fd> program,
            Function<Fd, AutoCloseable> attach) {
        if (fit == Fit.NONE) {
            AutoCloseable link = pinned(attach.apply(program.get()), name);
            if (!(link instanceof Fd) && isOn()) {
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
        return kept(link, fit, program);
    }

    /** The same for one that need not be there, or is at no device. */
    AutoCloseable link(
            String name, Fit fit, Supplier<Fd> program, Function<Fd, AutoCloseable> attach) {
        Fd kept = fit == Fit.NONE ? null : pins.open(name);
        if (kept != null) {
            return kept(kept, fit, program);
        }
        return pinned(attach.apply(program.get()), name);
    }

    /** A link that is left open would go on at its device for as long as this process lives. */
    private AutoCloseable pinned(AutoCloseable link, String name) {
        if (link instanceof Fd fd) {
            try {
                pins.pin(fd, name);
            } catch (RuntimeException e) {
                fd.close();
                throw e;
            }
        }
        return link;
    }

    private static Fd kept(Fd link, Fit fit, Supplier<Fd> program) {
        if (fit == Fit.LINKS) {
            try {
                Bpf.replace(link, program.get());
            } catch (RuntimeException e) {
                link.close();
                throw e;
            }
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
