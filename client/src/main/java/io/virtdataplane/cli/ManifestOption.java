package io.virtdataplane.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option -f. */
final class ManifestOption {
    private static final int MOST_BYTES = 1 << 20;

    @Option(
            names = {"-f", "--filename"},
            required = true,
            paramLabel = "FILE",
            description = "Manifest, in YAML or JSON; - is standard input.")
    private String file;

    String read() throws IOException {
        return read(file);
    }

    /** {@code file}: its path; - for standard input. At most as long as a manifest may be. */
    static String read(String file) throws IOException {
        if (file.equals("-")) {
            return read(System.in, file);
        }
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            return read(in, file);
        }
    }

    private static String read(InputStream in, String file) throws IOException {
        byte[] text = in.readNBytes(MOST_BYTES + 1);
        if (text.length > MOST_BYTES) {
            throw new IllegalArgumentException("manifest must be at most 1 MiB: file=" + file);
        }
        return new String(text, StandardCharsets.UTF_8);
    }

    /** Name of the file without its suffix; empty for standard input. */
    String baseName() {
        return file.equals("-")
                ? ""
                : Path.of(file).getFileName().toString().replaceFirst("\\.[^.]*$", "");
    }
}
