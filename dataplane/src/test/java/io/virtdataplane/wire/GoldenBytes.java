package io.virtdataplane.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Packets as hexadecimal text, buffers that were not empty, and what is left of a packet cut short.
 * White space in the text is for its reader. Every buffer is just as long as its packet: whoever
 * reads or writes beyond gets an exception of the segment.
 */
final class GoldenBytes {
    private static final byte STALE = (byte) 0xa5;

    /** The classes that a test holds against golden bytes: read, built, and cut short. */
    @Retention(RetentionPolicy.RUNTIME)
    @interface Of {
        Class<?>[] value();
    }

    /** Reads all there is where the bytes up to {@code end} fit, and says whether they did. */
    interface Reader {
        boolean read(MemorySegment b, int end);
    }

    private GoldenBytes() {}

    static MemorySegment of(String golden) {
        return MemorySegment.ofArray(bytes(golden));
    }

    /** Room for the packet; no byte of it is right yet, so that a forgotten one shows. */
    static MemorySegment stale(String golden) {
        return staleBetween(0, bytes(golden).length, golden);
    }

    /** The packet, but for these bytes of it. */
    static MemorySegment staleBetween(int from, int to, String golden) {
        byte[] bytes = bytes(golden);
        for (int i = from; i < to; i++) {
            assertThat(bytes[i]).as("forgotten, this one would not show").isNotEqualTo(STALE);
            bytes[i] = STALE;
        }
        return MemorySegment.ofArray(bytes);
    }

    static void assertBytes(MemorySegment built, String golden) {
        assertThat(text(built)).isEqualTo(text(of(golden)));
    }

    /** Of each length from none to all; {@code enough} bytes fit, one less does not. */
    static void assertFitsFrom(int enough, String golden, Reader reader) {
        byte[] whole = bytes(golden);
        for (int end = 0; end <= whole.length; end++) {
            MemorySegment cut = MemorySegment.ofArray(Arrays.copyOf(whole, end));
            assertThat(reader.read(cut, end)).as("end=%d", end).isEqualTo(end >= enough);
        }
    }

    private static byte[] bytes(String golden) {
        return HexFormat.of().parseHex(golden.replaceAll("\\s", ""));
    }

    private static String text(MemorySegment b) {
        HexFormat spaced = HexFormat.ofDelimiter(" ");
        return spaced.formatHex(b.toArray(ValueLayout.JAVA_BYTE));
    }
}
