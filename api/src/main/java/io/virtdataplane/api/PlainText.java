package io.virtdataplane.api;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Text of others (descriptions, events, what a guest says) on a terminal or in a log: control
 * characters, which could move the cursor or change what stands there, are written as JSON writes
 * them, such as \\u001b.
 */
public final class PlainText extends FilterOutputStream {
    private static final int C1_LEAD = 0xc2; // of U+0080 to U+009F in UTF-8
    private boolean hasLead;

    private PlainText(OutputStream to) {
        super(to);
    }

    /** Everything that is printed there arrives escaped. */
    public static PrintStream stream(PrintStream to) {
        return new PrintStream(new PlainText(to), true, StandardCharsets.UTF_8);
    }

    public static String escaped(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        text.chars()
                .forEach(
                        c -> {
                            if (Character.isISOControl(c) && c != '\n' && c != '\t') {
                                plain.append(escape(c));
                            } else {
                                plain.append((char) c);
                            }
                        });
        return plain.toString();
    }

    private static String escape(int c) {
        return "\\u%04x".formatted(c);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int i = 0; i < length; i++) {
            write(bytes[offset + i]);
        }
    }

    @Override
    public void write(int given) throws IOException {
        int b = given & 0xff;
        if (hasLead) {
            hasLead = false;
            if (b >= 0x80 && b < 0xa0) {
                put(escape(b));
                return;
            }
            out.write(C1_LEAD);
        }
        if (b == C1_LEAD) {
            hasLead = true;
        } else if (b < ' ' && b != '\n' && b != '\t' || b == 0x7f) {
            put(escape(b));
        } else {
            out.write(b);
        }
    }

    private void put(String escape) throws IOException {
        out.write(escape.getBytes(StandardCharsets.US_ASCII));
    }

    /** The stream below is not ours to close. */
    @Override
    public void close() throws IOException {
        flush();
    }
}
