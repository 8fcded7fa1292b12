package io.virtdataplane.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Stands in the list of commands; bin/virt-dataplane starts the daemon itself. */
@Command(
        name = "run",
        description = "Run the daemon in the foreground until SIGTERM. See: run --help.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        throw new IllegalArgumentException("start the daemon with: virt-dataplane run");
    }
}
