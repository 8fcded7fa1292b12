package io.virtdataplane.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine;

/** The kind that was asked for, or the error that names all there are. */
final class KnownKind {
    private KnownKind() {}

    static <K> K of(Optional<K> found, List<String> all, String name) {
        return found.orElseThrow(
                () ->
                        new CommandLine.TypeConversionException(
                                "expected one of " + String.join(", ", all) + " but was " + name));
    }
}
