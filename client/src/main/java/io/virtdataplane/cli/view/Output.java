package io.virtdataplane.cli.view;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.PrintStream;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** The option -o, and the machine-readable forms of a message. */
public final class Output {
    /** As kubectl names them. */
    enum Format {
        table,
        wide,
        json,
        yaml
    }

    /**
     * Text that YAML would take for a number stands in quotes: 8086, 8e10, and by YAML 1.1, which
     * has numbers of base 60, 0000:02:00.0 and 52:54:00:12:34:56.
     */
    private static final class QuotedNumbers extends StringQuotingChecker.Default {
        private static final Pattern NUMBER =
                Pattern.compile(
                        "[-+]?([0-9].*:.*|[0-9_]*\\.?[0-9_]+\\.?([eE][-+]?[0-9]+)?|0[xob][0-9a-fA-F_]+)");

        @Override
        public boolean needToQuoteValue(String value) {
            return super.needToQuoteValue(value) || NUMBER.matcher(value).matches();
        }
    }

    @Option(
            names = {"-o", "--output"},
            defaultValue = "table",
            paramLabel = "FORMAT",
            description = "One of: ${COMPLETION-CANDIDATES}.")
    private Format format;

    public boolean isWide() {
        return format == Format.wide;
    }

    /** True when the message was printed; otherwise the caller prints its table. */
    public boolean print(MessageOrBuilder message, PrintStream out) {
        if (format == Format.json) {
            out.println(json(message));
            return true;
        }
        return format == Format.yaml && print(tree(message), out);
    }

    /** The same for what is no message. */
    boolean print(ObjectNode tree, PrintStream out) {
        try {
            if (format == Format.json) {
                out.println(tree.toPrettyString());
                return true;
            }
            if (format == Format.yaml) {
                YAMLFactory factory =
                        YAMLFactory.builder()
                                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                                .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                                .stringQuotingChecker(new QuotedNumbers())
                                .build();
                out.print(new ObjectMapper(factory).writeValueAsString(tree));
                return true;
            }
            return false;
        } catch (IOException e) {
            throw new IllegalStateException("print", e);
        }
    }

    /** One line, for streams. */
    public static String line(MessageOrBuilder message) {
        try {
            return JsonFormat.printer().omittingInsignificantWhitespace().print(message);
        } catch (IOException e) {
            throw new IllegalStateException("print", e);
        }
    }

    public boolean isJson() {
        return format == Format.json;
    }

    static ObjectNode tree(MessageOrBuilder message) {
        try {
            return (ObjectNode) new ObjectMapper().readTree(json(message));
        } catch (IOException e) {
            throw new IllegalStateException("print", e);
        }
    }

    private static String json(MessageOrBuilder message) {
        try {
            return JsonFormat.printer().alwaysPrintFieldsWithNoPresence().print(message);
        } catch (IOException e) {
            throw new IllegalStateException("print", e);
        }
    }
}
