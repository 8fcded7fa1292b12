package io.virtdataplane.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option -f. */
final class ManifestOption {
    @Option(
            names = {"-f", "--filename"},
            required = true,
            paramLabel = "FILE",
            description = "Manifest, in YAML or JSON; - is standard input.")
    private String file;

    String read() throws IOException {
        return read(file);
    }

    /** {@code file}: its path; - for standard input. */
    static String read(String file) throws IOException {
        return file.equals("-")
                ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
                : Files.readString(Path.of(file));
    }

    /** Name of the file without its suffix; empty for standard input. */
    String baseName() {
        return file.equals("-")
                ? ""
                : Path.of(file).getFileName().toString().replaceFirst("\\.[^.]*$", "");
    }
}
