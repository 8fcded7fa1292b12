package io.virtdataplane.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A new class of the package cannot be forgotten: it is named by a test's {@link GoldenBytes.Of}.
 */
class EveryClassHasGoldenBytesTest {
    private static final String SUFFIX = ".class";

    @Test
    void everyClassOfThePackageHasGoldenBytes() throws Exception {
        Set<Class<?>> covered = new HashSet<>();
        for (Class<?> test : classesBeside(EveryClassHasGoldenBytesTest.class)) {
            GoldenBytes.Of of = test.getAnnotation(GoldenBytes.Of.class);
            covered.addAll(of == null ? List.of() : List.of(of.value()));
        }
        List<Class<?>> wire = classesBeside(Ethernet.class);
        assertThat(wire).contains(Ethernet.class, Ipv6Chain.class).hasSizeGreaterThan(15);
        assertThat(covered).containsExactlyInAnyOrderElementsOf(wire);
    }

    /** The outer classes of the package that come from the same place. */
    private static List<Class<?>> classesBeside(Class<?> one)
            throws IOException, URISyntaxException, ClassNotFoundException {
        Path root = Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
        Path folder = root.resolve(one.getPackageName().replace('.', '/'));
        List<String> names;
        try (Stream<Path> files = Files.list(folder)) {
            names = files.map(file -> file.getFileName().toString()).sorted().toList();
        }
        List<Class<?>> classes = new ArrayList<>();
        for (String name : names) {
            if (name.endsWith(SUFFIX) && name.indexOf('$') < 0 && name.indexOf('-') < 0) {
                String simple = name.substring(0, name.length() - SUFFIX.length());
                classes.add(Class.forName(one.getPackageName() + "." + simple));
            }
        }
        return classes;
    }
}
