package io.virtdataplane.daemon.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.PrintStream;
import picocli.CommandLine.Option;

/** The option -o, and the machine-readable forms of a message. */
final class Output {
    /** As kubectl names them. */
    enum Format {
        table,
        wide,
        json,
        yaml
    }

    @Option(
            names = {"-o", "--output"},
            defaultValue = "table",
            paramLabel = "FORMAT",
            description = "One of: ${COMPLETION-CANDIDATES}.")
    private Format format;

    boolean isWide() {
        return format == Format.wide;
    }

    /** True when the message was printed; otherwise the caller prints its table. */
    boolean print(MessageOrBuilder message, PrintStream out) {
        try {
            if (format == Format.json) {
                out.println(json(message));
                return true;
            }
            if (format == Format.yaml) {
                YAMLFactory factory =
                        YAMLFactory.builder()
                                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                                .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                                .build();
                out.print(
                        new ObjectMapper(factory)
                                .writeValueAsString(new ObjectMapper().readTree(json(message))));
                return true;
            }
            return false;
        } catch (IOException e) {
            throw new IllegalStateException("print", e);
        }
    }

    /** One line, for streams. */
    static String line(MessageOrBuilder message) {
        try {
            return JsonFormat.printer().omittingInsignificantWhitespace().print(message);
        } catch (IOException e) {
            throw new IllegalStateException("print", e);
        }
    }

    boolean isJson() {
        return format == Format.json;
    }

    private static String json(MessageOrBuilder message) throws IOException {
        return JsonFormat.printer().alwaysPrintFieldsWithNoPresence().print(message);
    }
}
