package io.virtdataplane.cli;

import io.virtdataplane.api.AttachVfRequest;
import io.virtdataplane.api.AttachVfResponse;
import io.virtdataplane.api.AttachedVf;
import io.virtdataplane.api.Client;
import io.virtdataplane.cli.view.Output;
import io.virtdataplane.cli.view.Table;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "attach",
        description =
                "Give each sriov interface of a VirtualMachine a VF with the attributes of its network; all of them or none.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SriovAttachCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;
    @Mixin private ManifestOption manifest;
    @Mixin private Output output;

    @Option(
            names = "--name",
            defaultValue = "",
            paramLabel = "MACHINE",
            description =
                    "Name of the machine, where the manifest has none or the file has several machines (default: the file's name).")
    private String name;

    @Option(
            names = "--pci",
            split = ",",
            paramLabel = "ADDRESS",
            description =
                    "VFs that the kubelet allocated, in the order of the interfaces; required where a kubelet allocates VFs.")
    private List<String> addresses = List.of();

    @Option(names = "--xml", description = "Print only the hostdev elements for libvirt.")
    private boolean xml;

    @Override
    public Integer call() throws IOException {
        AttachVfRequest request =
                AttachVfRequest.newBuilder()
                        .setManifest(manifest.read())
                        .setName(name.isEmpty() ? manifest.baseName() : name)
                        .addAllPciAddresses(addresses)
                        .build();
        try (Client client = socket.connect()) {
            AttachVfResponse attached = client.sriov().attachVf(request);
            Notices.warn("", attached.getWarningsList(), System.err);
            Notices.left(attached.getLeftList(), System.err);
            if (xml) {
                attached.getVfsList().forEach(vf -> System.out.print(vf.getHostdevXml()));
            } else if (!output.print(attached, System.out)) {
                table(attached).print(System.out);
            }
        }
        return 0;
    }

    private static Table table(AttachVfResponse attached) {
        Table table = new Table("NAME", "NETWORK", "PCI", "VFIO", "NUMA", "PF", "VF", "MAC");
        for (AttachedVf vf : attached.getVfsList()) {
            table.row(
                    vf.getName(),
                    vf.getNetwork(),
                    vf.getPciAddress(),
                    vf.getVfioDevice(),
                    vf.getNumaNode() < 0 ? "" : Integer.toString(vf.getNumaNode()),
                    vf.getPf(),
                    Integer.toString(vf.getVfId()),
                    vf.getMac());
        }
        return table;
    }
}
