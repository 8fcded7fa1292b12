package io.virtdataplane.sys;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a loader of eBPF asks of an object file as clang writes it (elf(5), ELF64, the machine's
 * byte order): sections, symbols, and the places in code that refer to symbols. It comes with our
 * own jar, so that a file that contradicts itself is a bug and throws what reading it throws. Its
 * data are not to be written to.
 */
final class ElfFile {
    /**
     * @param data none where the section is of zero bytes, which the file does not have
     */
    record Section(int index, String name, int size, byte[] data) {}

    /** A name for {@code size} bytes at {@code offset} of a section. */
    record Symbol(String name, int section, int offset, int size) {}

    /** The instruction at {@code offset} of a section is to refer to the symbol. */
    record Relocation(int offset, int type, Symbol symbol) {}

    // section types
    private static final int SYMTAB = 2;
    private static final int NOBITS = 8;
    private static final int REL = 9;

    private static final int SECTION_HEADER = 64;
    private static final int SYMBOL = 24;
    private static final int RELOCATION = 16;
    private static final byte SECTION_SYMBOL = 3; // STT_SECTION: its offset is 0

    private record Header(int name, int type, int offset, int size, int link, int info) {}

    private final ByteBuffer file;
    private final List<Header> headers = new ArrayList<>();
    private final List<Section> sections = new ArrayList<>();
    private final List<Symbol> symbols = new ArrayList<>();

    ElfFile(byte[] bytes) {
        file = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        int table = (int) file.getLong(40);
        int count = file.getShort(60);
        for (int i = 0; i < count; i++) {
            headers.add(header(table + i * SECTION_HEADER));
        }
        Header names = headers.get(file.getShort(62));
        for (int i = 0; i < count; i++) {
            Header header = headers.get(i);
            byte[] data = new byte[header.type() == NOBITS ? 0 : header.size()];
            file.get(header.offset(), data);
            String name = text(names.offset() + header.name());
            sections.add(new Section(i, name, header.size(), data));
        }
        headers.stream().filter(header -> header.type() == SYMTAB).forEach(this::readSymbols);
    }

    private Header header(int at) {
        return new Header(
                file.getInt(at),
                file.getInt(at + 4),
                (int) file.getLong(at + 24),
                (int) file.getLong(at + 32),
                file.getInt(at + 40),
                file.getInt(at + 44));
    }

    private void readSymbols(Header table) {
        int names = headers.get(table.link()).offset();
        for (int at = table.offset(); at < table.offset() + table.size(); at += SYMBOL) {
            symbols.add(
                    new Symbol(
                            text(names + file.getInt(at)),
                            file.getShort(at + 6),
                            (file.get(at + 4) & 0xf) == SECTION_SYMBOL
                                    ? 0
                                    : (int) file.getLong(at + 8),
                            (int) file.getLong(at + 16)));
        }
    }

    private String text(int at) {
        int end = at;
        while (file.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end - at];
        file.get(at, bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    /** The whole file. */
    byte[] bytes() {
        return file.array();
    }

    Section section(int index) {
        return sections.get(index);
    }

    /**
     * @throws IllegalArgumentException there is no such section
     */
    Section section(String name) {
        return sections.stream()
                .filter(section -> section.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no section: name=" + name));
    }

    /** Of sections that the file has: not those that it only refers to. */
    List<Symbol> symbols() {
        return symbols.stream()
                .filter(symbol -> symbol.section() > 0 && symbol.section() < sections.size())
                .toList();
    }

    /**
     * @throws IllegalArgumentException there is no such symbol
     */
    Symbol symbol(String name) {
        return symbols.stream()
                .filter(symbol -> symbol.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no symbol: name=" + name));
    }

    List<Relocation> relocations(int section) {
        List<Relocation> found = new ArrayList<>();
        for (Header header : headers) {
            if (header.type() != REL || header.info() != section) {
                continue;
            }
            for (int at = header.offset(); at < header.offset() + header.size(); at += RELOCATION) {
                long info = file.getLong(at + 8);
                found.add(
                        new Relocation(
                                (int) file.getLong(at),
                                (int) info,
                                symbols.get((int) (info >>> 32))));
            }
        }
        return found;
    }
}
