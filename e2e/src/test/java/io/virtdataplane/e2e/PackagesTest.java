package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Import rules see imports; the class files know of every use. */
class PackagesTest {
    private static final String OURS = "io.virtdataplane.";
    private static final List<String> MODULES =
            List.of("dataplane", "nat", "dhcp", "sriov", "api", "manifest", "client", "daemon");

    @Test
    void noPackageUsesOneThatUsesIt() {
        Map<String, Set<String>> usedBy = uses();
        assertThat(usedBy).as("all packages were read").hasSizeGreaterThan(20);
        for (String start : usedBy.keySet()) {
            assertThat(circle(start, usedBy)).as("a circle of packages").isEmpty();
        }
    }

    /** Which packages each of ours uses. */
    private static Map<String, Set<String>> uses() {
        List<String> arguments = new ArrayList<>(List.of("-verbose:package", "-filter:none"));
        MODULES.forEach(
                module ->
                        arguments.add(
                                Path.of("..", module, "target", "classes")
                                        .toAbsolutePath()
                                        .normalize()
                                        .toString()));
        StringWriter said = new StringWriter();
        PrintWriter out = new PrintWriter(said);
        ToolProvider.findFirst("jdeps")
                .orElseThrow()
                .run(out, out, arguments.toArray(String[]::new));
        Map<String, Set<String>> uses = new TreeMap<>();
        String from = "";
        for (String line : said.toString().lines().toList()) {
            String[] words = line.strip().split("\\s+");
            if (words[0].equals("->") && words[1].startsWith(OURS) && !from.isEmpty()) {
                uses.computeIfAbsent(from, any -> new TreeSet<>()).add(words[1]);
            } else if (words.length > 1 && words[1].equals("->") && words[0].startsWith(OURS)) {
                from = words[0];
                Stream.of(words[2])
                        .filter(to -> to.startsWith(OURS))
                        .forEach(to -> uses(uses, words[0], to));
            } else if (words[0].startsWith(OURS)) {
                from = words[0];
            }
        }
        uses.forEach((user, used) -> used.remove(user));
        return uses;
    }

    private static void uses(Map<String, Set<String>> uses, String from, String to) {
        uses.computeIfAbsent(from, any -> new TreeSet<>()).add(to);
    }

    /** The way from a package back to itself; empty: there is none. */
    private static List<String> circle(String start, Map<String, Set<String>> uses) {
        List<String> way = new ArrayList<>();
        return leadsTo(start, start, uses, new HashSet<>(), way) ? way : List.of();
    }

    private static boolean leadsTo(
            String from,
            String target,
            Map<String, Set<String>> uses,
            Set<String> seen,
            List<String> way) {
        for (String next : uses.getOrDefault(from, Set.of())) {
            boolean isNew = seen.add(next);
            if (next.equals(target) || isNew && leadsTo(next, target, uses, seen, way)) {
                way.addFirst(from + " -> " + next);
                return true;
            }
        }
        return false;
    }
}
