package io.virtdataplane.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Stands in the list of commands; bin/virt-dataplane starts the controller itself. */
@Command(
        name = "controller",
        description = "Run the controller of a Kubernetes cluster. See: controller --help.",
        mixinStandardHelpOptions = true)
final class ControllerCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        throw new IllegalArgumentException("start the controller with: virt-dataplane controller");
    }
}
