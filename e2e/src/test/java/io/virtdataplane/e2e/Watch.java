package io.virtdataplane.e2e;

import java.nio.file.Path;

/** tcpdump on a device: it sees each frame from the moment on when this is made, and at once. */
final class Watch {
    private static final int SECONDS = 20;
    private static int watches;
    private final Lab lab;
    private final Path seen;
    private final Process tcpdump;

    /**
     * @param options of tcpdump, for a shell: device, filter, how to print
     */
    Watch(Lab lab, String namespace, String options) {
        this.lab = lab;
        String name = "watch-" + watches++;
        seen = lab.shell.directory().resolve(name);
        Path said = lab.shell.directory().resolve(name + ".err");
        // Without the immediate mode the kernel keeps frames back for a second, and those for good
        // that it has when tcpdump ends.
        tcpdump =
                lab.startIn(
                        namespace,
                        "bash",
                        "-c",
                        "exec tcpdump --immediate-mode -s 2048 -ln %s > %s 2> %s"
                                .formatted(options, seen, said));
        Wait.untilIn(said, "listening on", SECONDS); // it says so behind opening the device
    }

    /** Goes on when tcpdump has printed the text. */
    Watch until(String text) {
        return until(text, 1);
    }

    /** The same, so many times. */
    Watch until(String text, int times) {
        Wait.untilIn(seen, text, times, SECONDS);
        return this;
    }

    /** How many times tcpdump has printed the text. */
    int count(String text) {
        return Wait.count(Shell.text(seen), text);
    }

    /** All that tcpdump has printed. */
    String end() {
        lab.shell.end(tcpdump);
        return Shell.text(seen);
    }
}
