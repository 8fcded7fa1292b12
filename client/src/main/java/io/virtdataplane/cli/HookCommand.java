package io.virtdataplane.cli;

import io.virtdataplane.hook.Hook;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "hook",
        description = {
            "Serve as hook sidecar of a KubeVirt network binding plugin, in a launcher's pod.",
            "Needs no daemon and no privilege. Ends when virt-launcher says so."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class HookCommand implements Callable<Integer> {
    @Option(
            names = "--hooks-dir",
            paramLabel = "DIR",
            defaultValue = "/var/run/kubevirt-hooks",
            description = "Where virt-launcher looks for sidecars (default: ${DEFAULT-VALUE}).")
    private Path directory;

    @Option(
            names = "--binding",
            paramLabel = "NAME",
            defaultValue = "${env:NETWORK_BINDING_PLUGIN_NAME:-virt-dataplane}",
            description =
                    "Name of the binding plugin in KubeVirt's configuration (default: $NETWORK_BINDING_PLUGIN_NAME, else virt-dataplane).")
    private String binding;

    @Option(
            names = "--tap",
            paramLabel = "NAME",
            defaultValue = "tap0",
            description =
                    "Device of the pod that the guest is to open (default: ${DEFAULT-VALUE}).")
    private String tap;

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (Hook hook = new Hook(directory.resolve("virt-dataplane.sock"), binding, tap)) {
            System.out.println("serving: binding=" + binding + " tap=" + tap);
            hook.await();
        }
        return 0;
    }
}
