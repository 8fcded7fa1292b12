package io.virtdataplane.daemon.state;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A state file's content below a first line with its checksum, "# sha256: HEX": what was cut at any
 * place, even where the rest makes sense, is told from what was written. In YAML the line is a
 * comment, and no message of ours begins with such a byte.
 */
public final class Sealed {
    private static final byte[] HEAD = "# sha256: ".getBytes(StandardCharsets.US_ASCII);
    private static final int LINE = HEAD.length + 64 + 1;
    private static final int MOST = 16 << 20; // a request's 4 MiB (gRPC), and room

    private Sealed() {}

    /** Of a regular file of bounded size, and of nothing that could block or have no end. */
    static byte[] bytes(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        if (!Files.isRegularFile(file)) {
            throw new FileSystemException(file.toString(), null, "not a regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MOST + 1);
            if (bytes.length > MOST) {
                throw new FileSystemException(file.toString(), null, "longer than " + MOST);
            }
            return bytes;
        }
    }

    public static byte[] seal(byte[] content) {
        byte[] line = line(content);
        byte[] sealed = Arrays.copyOf(line, LINE + content.length);
        System.arraycopy(content, 0, sealed, LINE, content.length);
        return sealed;
    }

    private static byte[] line(byte[] content) {
        try {
            String digest =
                    HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
            return ("# sha256: " + digest + "\n").getBytes(StandardCharsets.US_ASCII);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Also of a file that was cut within its first line. */
    public static boolean isSealed(byte[] bytes) {
        int compared = Math.min(HEAD.length, bytes.length);
        return Arrays.equals(bytes, 0, compared, HEAD, 0, compared);
    }

    /**
     * The content; of a file of an earlier version all of it. Throws IllegalArgumentException where
     * the checksum is another one.
     */
    public static byte[] open(byte[] bytes) {
        if (!isSealed(bytes)) {
            return bytes;
        }
        byte[] content =
                bytes.length < LINE ? new byte[0] : Arrays.copyOfRange(bytes, LINE, bytes.length);
        if (bytes.length < LINE || !Arrays.equals(bytes, 0, LINE, line(content), 0, LINE)) {
            throw new IllegalArgumentException("file is damaged: its checksum does not match");
        }
        return content;
    }
}
