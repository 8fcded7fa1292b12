package io.virtdataplane.sys;

import io.virtdataplane.sys.ElfFile.Relocation;
import io.virtdataplane.sys.ElfFile.Section;
import io.virtdataplane.sys.ElfFile.Symbol;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The programs and maps of one eBPF object file, loaded together once; bpf.h in src/main/bpf says
 * how such a file is written. First its constants are set, then programs are loaded. A map, or the
 * memory of .bss, is made when the first program that refers to it is loaded, or when it is asked
 * for. Programs that are attached keep what they refer to after {@link #close}.
 */
public final class BpfObject implements AutoCloseable {
    private static final int R_BPF_64_64 = 1; // a 64-bit immediate; llvm's BPFObjectFile
    private static final int PSEUDO_MAP_FD = 1; // linux/bpf.h
    private static final int PSEUDO_MAP_VALUE = 2;
    private static final int INSTRUCTION = 8;
    private static final int MAX_ENTRIES = 12; // in a definition of a map
    private static final String MAPS = "maps";
    private static final String CONSTANTS = ".rodata";
    private static final String MEMORY = ".bss";

    // of each file one, however many NICs load it
    private static final Map<String, ElfFile> FILES = new ConcurrentHashMap<>();

    private final ElfFile file;
    private final byte[] constants;
    private final Map<String, BpfMap> maps = new HashMap<>();
    private final Map<String, Integer> sizes = new HashMap<>();
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private MemorySegment memory;
    private BpfPins pins = BpfPins.none();

    private BpfObject(ElfFile file) {
        this.file = file;
        this.constants = file.section(CONSTANTS).data().clone();
    }

    /** The object file of this name beside {@code anchor}'s class file. */
    public static BpfObject read(Class<?> anchor, String name) {
        return new BpfObject(
                FILES.computeIfAbsent(
                        anchor.getPackageName() + "/" + name, key -> file(anchor, name)));
    }

    private static ElfFile file(Class<?> anchor, String name) {
        try (InputStream in = anchor.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("no eBPF object in the jar: name=" + name);
            }
            return new ElfFile(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("read eBPF object " + name, e);
        }
    }

    /**
     * Sets a constant of the programs, as its bytes lie in memory, before the first one is loaded.
     */
    public void constant(String name, byte[] bytes) {
        Symbol symbol = file.symbol(name);
        Section section = file.section(symbol.section());
        if (!section.name().equals(CONSTANTS) || symbol.size() != bytes.length) {
            throw new IllegalArgumentException(
                    "constant must be of %s, with %d bytes: name=%s bytes=%d"
                            .formatted(CONSTANTS, symbol.size(), name, bytes.length));
        }
        System.arraycopy(bytes, 0, constants, symbol.offset(), bytes.length);
    }

    /** The same of a 32-bit number. */
    public void constant(String name, int value) {
        constant(name, buffer(4).putInt(value).array());
    }

    /** The same of a flag of one byte. */
    public void constant(String name, boolean value) {
        constant(name, new byte[] {(byte) (value ? 1 : 0)});
    }

    /** How many entries a map is to have, before it is made. */
    public void entries(String map, int count) {
        sizes.put(map, count);
    }

    /** Programs loaded from now on use this map, which stays its owner's. */
    public void share(String name, BpfMap map) {
        maps.put(name, map);
    }

    /** From now on maps are those that are pinned there, and a new one is pinned. */
    public void keepIn(BpfPins where) {
        pins = where;
    }

    /** SHA-256 of the file, its constants, and how many entries maps have. */
    public byte[] digest() {
        MessageDigest digest = sha256();
        digest.update(file.bytes());
        digest.update(constants);
        digest.update(new TreeMap<>(sizes).toString().getBytes(StandardCharsets.US_ASCII));
        return digest.digest();
    }

    /**
     * SHA-256 of where what lies in the memory of .bss, and of the definitions of maps: programs of
     * another file with the same may use the same maps.
     */
    public byte[] layout() {
        MessageDigest digest = sha256();
        file.symbols().stream()
                .filter(symbol -> symbol.size() > 0)
                .sorted(Comparator.comparing(Symbol::name))
                .forEach(symbol -> addTo(digest, symbol));
        digest.update(new TreeMap<>(sizes).toString().getBytes(StandardCharsets.US_ASCII));
        return digest.digest();
    }

    private void addTo(MessageDigest digest, Symbol symbol) {
        Section section = file.section(symbol.section());
        boolean isMap = section.name().equals(MAPS);
        if (isMap) {
            digest.update(section.data(), symbol.offset(), symbol.size());
        }
        if (isMap || section.name().equals(MEMORY)) {
            String where = "%s %d %d".formatted(symbol.name(), symbol.offset(), symbol.size());
            digest.update(where.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Loads the program of this function, for a device. */
    public Fd load(String name) {
        return own(Bpf.load(code(name), name));
    }

    /** The same for a call at sockets. */
    public Fd load(String name, Bpf.Call at) {
        return own(Bpf.load(code(name), name, at));
    }

    private byte[] code(String name) {
        Symbol function = file.symbol(name);
        Section section = file.section(function.section());
        ByteBuffer code =
                buffer(function.size()).put(section.data(), function.offset(), function.size());
        for (Relocation relocation : file.relocations(section.index())) {
            int at = relocation.offset() - function.offset();
            if (at >= 0 && at < function.size()) {
                refer(code, at, relocation);
            }
        }
        return code.array();
    }

    private <T extends AutoCloseable> T own(T part) {
        owned.push(part);
        return part;
    }

    /** lddw: the immediates of two instructions are one number. */
    private void refer(ByteBuffer code, int at, Relocation relocation) {
        if (relocation.type() != R_BPF_64_64) {
            throw new IllegalStateException("relocation of a kind not known: " + relocation);
        }
        Symbol symbol = relocation.symbol();
        String section = file.section(symbol.section()).name();
        boolean isMap = section.equals(MAPS);
        BpfMap map = isMap ? map(symbol.name()) : data(section);
        int offset = symbol.offset() + code.getInt(at + 4);
        int kind = isMap ? PSEUDO_MAP_FD : PSEUDO_MAP_VALUE;
        code.put(at + 1, (byte) (code.get(at + 1) & 0xf | kind << 4));
        code.putInt(at + 4, map.fd().number());
        code.putInt(at + INSTRUCTION + 4, isMap ? 0 : offset);
    }

    /** The map of that name. */
    public BpfMap map(String name) {
        return maps.computeIfAbsent(name, this::define);
    }

    private BpfMap define(String name) {
        Symbol symbol = file.symbol(name);
        ByteBuffer definition =
                ByteBuffer.wrap(file.section(symbol.section()).data())
                        .order(ByteOrder.nativeOrder())
                        .slice(symbol.offset(), symbol.size())
                        .order(ByteOrder.nativeOrder());
        return own(
                pins.map(
                        name,
                        new BpfMap.Shape(
                                definition.getInt(0),
                                definition.getInt(4),
                                definition.getInt(8),
                                sizes.getOrDefault(name, definition.getInt(MAX_ENTRIES)),
                                definition.getInt(16))));
    }

    private BpfMap data(String section) {
        return maps.computeIfAbsent(
                section,
                name ->
                        switch (name) {
                            case CONSTANTS -> own(BpfMap.constants(constants));
                            case MEMORY ->
                                    own(pins.map("memory", BpfMap.Shape.shared(memoryBytes())));
                            default ->
                                    throw new IllegalStateException(
                                            "program refers to section " + section);
                        });
    }

    private int memoryBytes() {
        return file.section(MEMORY).size();
    }

    /** The memory of a variable in .bss, shared with the programs. */
    public MemorySegment memory(String name) {
        Symbol symbol = file.symbol(name);
        if (memory == null) {
            Mapping mapping = data(MEMORY).map(memoryBytes());
            owned.push(mapping);
            memory = mapping.segment();
        }
        return memory.asSlice(symbol.offset(), symbol.size());
    }

    /** The memory of all values of an array that is shared with the programs. */
    public MemorySegment memoryOfMap(String name) {
        BpfMap map = map(name);
        Mapping mapping = map.map(map.bytes());
        owned.push(mapping);
        return mapping.segment();
    }

    private static ByteBuffer buffer(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
    }

    @Override
    public void close() {
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("close eBPF object", e);
            }
        }
    }
}
