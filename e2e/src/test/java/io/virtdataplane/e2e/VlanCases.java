package io.virtdataplane.e2e;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Ports of a bridge that filters VLANs, and frames for them: cases whose outcome is known, then
 * any. A frame is a line as {@code replay.py} reads it.
 */
final class VlanCases {
    /**
     * @param tags outermost first, such as {@code 8100.0064/8100.00c8}
     * @param leaves port and tags of each copy, such as {@code 0:8100.0064 3}
     */
    record Case(
            String name, int port, String destination, String source, String tags, String leaves) {}

    static final List<VlanPort> PORTS =
            List.of(
                    VlanPort.of(1, Set.of(1), Set.of(100, 200)),
                    VlanPort.access(100),
                    VlanPort.access(200),
                    VlanPort.of(100, Set.of(1, 100), Set.of()), // as preserveDefaultVlan makes it
                    VlanPort.of(0, Set.of(), Set.of(100, 200)),
                    VlanPort.of(200, Set.of(), Set.of(100, 200)),
                    VlanPort.access(100).isolated(true),
                    VlanPort.access(100).isolated(true));

    /** The same under way: a PVID and a VLAN deleted, one port less isolated, one with hairpin. */
    static final List<VlanPort> CHANGED =
            List.of(
                    VlanPort.of(0, Set.of(), Set.of(100, 200)),
                    VlanPort.access(100).hairpin(true),
                    VlanPort.of(100, Set.of(100), Set.of(200)),
                    PORTS.get(3),
                    VlanPort.of(100, Set.of(100), Set.of(200)),
                    VlanPort.of(200, Set.of(), Set.of(200)),
                    PORTS.get(6).isolated(false),
                    PORTS.get(7));

    private static final String ALL = "ffffffffffff";
    private static final String IN_BOTH = "0200000000b0";
    private static final String ISOLATED = "0200000000b1";
    private static final String IN_100 = "0:8100.0064 3 4:8100.0064 5:8100.0064 6 7";

    static final List<Case> CASES =
            List.of(
                    of("untagged into an access port", 1, "", IN_100),
                    of("untagged into a trunk", 0, "", "3"),
                    of("tagged into a trunk", 0, "8100.0064", "1 3 4:8100.0064 5:8100.0064 6 7"),
                    of("tagged, of a VLAN that the trunk does not have", 0, "8100.012c", ""),
                    of("tagged into its own access port", 1, "8100.0064", IN_100),
                    of("tagged into another VLAN's access port", 1, "8100.00c8", ""),
                    of(
                            "a priority tag keeps its priority",
                            1,
                            "8100.6000",
                            "0:8100.6064 3 4:8100.6064 5:8100.6064 6 7"),
                    of("a priority tag where there is no PVID", 4, "8100.6000", ""),
                    of("untagged where there is no PVID", 4, "", ""),
                    of(
                            "tagged where there is no PVID",
                            4,
                            "8100.00c8",
                            "0:8100.00c8 2 5:8100.00c8"),
                    of("a PVID that leaves tagged", 5, "", "0:8100.00c8 2 4:8100.00c8"),
                    of("VLAN 4095", 0, "8100.0fff", ""),
                    of(
                            "802.1ad is payload",
                            1,
                            "88a8.0064",
                            "0:8100.0064/88a8.0064 3:88a8.0064 4:8100.0064/88a8.0064"
                                    + " 5:8100.0064/88a8.0064 6:88a8.0064 7:88a8.0064"),
                    of("802.1ad where there is no PVID", 4, "88a8.0064", ""),
                    of(
                            "two tags: the inner one is payload",
                            0,
                            "8100.0064/8100.00c8",
                            "1:8100.00c8 3:8100.00c8 4:8100.0064/8100.00c8"
                                    + " 5:8100.0064/8100.00c8 6:8100.00c8 7:8100.00c8"),
                    of("isolated ports", 6, "", "0:8100.0064 1 3 4:8100.0064 5:8100.0064"),
                    new Case(
                            "a station behind an isolated port",
                            7,
                            ALL,
                            ISOLATED,
                            "",
                            "0:8100.0064 1 3 4:8100.0064 5:8100.0064"),
                    new Case("isolated, to it", 6, ISOLATED, "0200000000b2", "", ""),
                    new Case("not isolated, to it", 1, ISOLATED, "0200000000b3", "", "7"),
                    new Case("a station in VLAN 100", 1, ALL, IN_BOTH, "", IN_100),
                    new Case(
                            "and the same in VLAN 200",
                            2,
                            ALL,
                            IN_BOTH,
                            "",
                            "0:8100.00c8 4:8100.00c8 5:8100.00c8"),
                    new Case("to it in VLAN 100", 4, IN_BOTH, "0200000000b4", "8100.0064", "1"),
                    new Case("to it in VLAN 200", 4, IN_BOTH, "0200000000b4", "8100.00c8", "2"),
                    new Case(
                            "to it in VLAN 1, where it is not",
                            0,
                            IN_BOTH,
                            "0200000000b5",
                            "",
                            "3"));

    private static final String[] STATIONS = {
        "020000000001",
        "020000000002",
        "020000000003",
        "020000000004",
        "020000000005",
        "020000000006",
        "0200000000b0",
        "0200000000b1"
    };
    private static final String[] GROUPS = {
        ALL, ALL, "01005e010203", "333300000001", "0180c2000000", "0180c2000002", "0180c200000e"
    };
    private static final String[] TAGS = {
        "",
        "",
        "",
        "8100.0064",
        "8100.0064",
        "8100.00c8",
        "8100.0001",
        "8100.012c",
        "8100.6000",
        "8100.e064",
        "8100.1064",
        "8100.0fff",
        "88a8.0064",
        "88a8.0000",
        "9100.0064",
        "8100.0064/8100.00c8",
        "8100.0000/8100.00c8",
        "8100.0064/88a8.0005",
        "88a8.0005/8100.0064",
        "88a8.0000/88a8.0001"
    };

    /** With a tag that is cut off, or with nothing behind the tag. */
    private static final String[] SHORT = {
        "8100",
        "810000",
        "81000064",
        "8100006408",
        "810000640800",
        "88a8",
        "88a80064",
        "88a800640800"
    };

    private VlanCases() {}

    private static Case of(String name, int port, String tags, String leaves) {
        return new Case(name, port, ALL, "0200000000a" + port, tags, leaves);
    }

    /** The cases, one frame each. */
    static List<String> cases() {
        Random random = new Random(1);
        List<String> lines = new ArrayList<>();
        for (Case one : CASES) {
            lines.add(line(lines.size(), one.port, one.destination + one.source, one.tags, random));
        }
        return lines;
    }

    /** Any frames, numbered after those that are there. */
    static void addAny(List<String> lines, int count, long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            int port = random.nextInt(PORTS.size());
            String source = random.nextInt(20) == 0 ? "030000000001" : pick(STATIONS, random);
            String destination = pick(random.nextInt(5) < 3 ? STATIONS : GROUPS, random);
            if (random.nextInt(20) == 0) {
                lines.add(port + " " + destination + source + pick(SHORT, random));
            } else {
                String addresses = destination + source;
                lines.add(line(lines.size(), port, addresses, pick(TAGS, random), random));
            }
        }
    }

    /** The frame ends with its number. */
    private static String line(int number, int port, String addresses, String tags, Random random) {
        byte[] payload = new byte[42 + random.nextInt(60)];
        random.nextBytes(payload);
        return port
                + " "
                + addresses
                + tags.replaceAll("[./]", "")
                + "88b5" // IEEE 802, for local experiments
                + HexFormat.of().formatHex(payload)
                + "%08x".formatted(number);
    }

    private static String pick(String[] of, Random random) {
        return of[random.nextInt(of.length)];
    }

    /** A line that {@code replay.py} prints, as {@link Case#leaves} has it. */
    static String leaves(String line) {
        List<String> copies = new ArrayList<>();
        for (String copy : line.replaceFirst(".*->", "").strip().split(" ")) {
            if (!copy.isEmpty()) {
                String[] parts = copy.split(":");
                List<String> tags = new ArrayList<>();
                for (int at = 24; parts[2].substring(at).matches("(8100|88a8).*"); at += 8) {
                    tags.add(
                            parts[2].substring(at, at + 4)
                                    + "."
                                    + parts[2].substring(at + 4, at + 8));
                }
                copies.add(parts[0] + (tags.isEmpty() ? "" : ":" + String.join("/", tags)));
            }
        }
        return String.join(" ", copies);
    }
}
