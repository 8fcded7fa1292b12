package io.virtdataplane.cli;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.Nic;
import io.virtdataplane.cli.view.Names;
import io.virtdataplane.cli.view.Output;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "attach",
        description =
                "Attach one NIC of a VirtualMachine: the masquerade NIC to its pod, or another NIC to its bridge.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class AttachCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Option(
            names = {"-f", "--filename"},
            required = true,
            paramLabel = "FILE",
            description =
                    "VirtualMachine or VirtualMachineInstance manifest; - is standard input. Other objects of the file are left.")
    private String manifest;

    @Option(
            names = "--netns",
            defaultValue = "",
            paramLabel = "NAME|PATH",
            description =
                    "Network namespace of the pod: a name or a path. Left out where the daemon runs in the pod (run --pod).")
    private String netns;

    @Option(
            names = "--guest",
            defaultValue = "dev:tap0",
            paramLabel = "tap:NAME|dev:NAME",
            description =
                    "Device of the guest in that namespace. tap: makes a tap; dev: uses a device that exists (default: ${DEFAULT-VALUE}).")
    private String guest;

    @Option(
            names = "--interface",
            defaultValue = "",
            paramLabel = "NAME",
            description =
                    "Interface of the manifest (default: the one with the masquerade binding, otherwise the only one with the bridge binding).")
    private String interfaceName;

    @Option(
            names = "--spoof-guard",
            defaultValue = "",
            paramLabel = "off|mac|strict",
            description =
                    "Check frames from the guest. Bridge: default mac where the network has macspoofchk, otherwise off. Masquerade: off (default), or mac for the macAddress of the manifest.")
    private String spoofGuard;

    @Option(
            names = "--uplink",
            defaultValue = "eth0",
            paramLabel = "DEV",
            description = "Masquerade: network device of the pod (default: ${DEFAULT-VALUE}).")
    private String uplink;

    @Option(
            names = "--name",
            defaultValue = "",
            paramLabel = "MACHINE",
            description =
                    "Name of the machine, where the manifest has none or the file has several machines (default: the file's name).")
    private String name;

    @Option(
            names = "--resolv-conf",
            defaultValue = "",
            paramLabel = "FILE",
            description =
                    "Masquerade: resolv.conf of the pod (default: found through the namespace).")
    private String resolvConf;

    @Option(
            names = "--router-advertisements",
            defaultValue = "",
            paramLabel = "on|off",
            description = "Masquerade: send router advertisements to the guest (default: on).")
    private String routerAdvertisements;

    @Option(
            names = "--lease-seconds",
            defaultValue = "0",
            paramLabel = "S",
            description =
                    "Masquerade: lease time of the guest's addresses (default: 86313600, which guests treat as infinite).")
    private long leaseSeconds;

    @Option(
            names = "--guest-agent",
            defaultValue = "",
            paramLabel = "PATH",
            description =
                    "UNIX socket of the QEMU guest agent's virtio-serial port, one for each machine (default: no agent is asked).")
    private String guestAgent;

    @Option(
            names = "--incoming",
            description =
                    "The NIC is the target of a live migration: it says and refuses nothing for the guest until its first frame, and then announces it.")
    private boolean incoming;

    @Mixin private LimitOptions limits;
    @Mixin private NatOptions nat;

    @Override
    public Integer call() throws IOException {
        AttachRequest request =
                AttachRequest.newBuilder()
                        .setManifest(readManifest())
                        .setNetns(netns)
                        .setGuest(guest)
                        .setUplink(uplink)
                        .setInterface(interfaceName)
                        .setSpoofGuard(spoofGuard)
                        .setName(name.isEmpty() ? fileName() : name)
                        .setResolvConf(absolute(resolvConf))
                        .setGuestAgent(absolute(guestAgent))
                        .setNat(nat.settings())
                        .setLimits(limits.limits())
                        .setRouterAdvertisements(routerAdvertisements)
                        .setLeaseSeconds(leaseSeconds)
                        .setIncoming(incoming)
                        .build();
        try (Client client = socket.connect()) {
            Nic nic = client.call().attach(request);
            Notices.warn("", nic.getWarningsList(), System.err);
            Notices.left(nic.getLeftList(), System.err);
            if (!output.print(nic, System.out)) {
                System.out.println("nic/" + nic.getName() + " attached: " + words(nic));
            }
        }
        return 0;
    }

    /** The daemon has another working directory. */
    private static String absolute(String path) {
        return path.isEmpty() ? "" : Path.of(path).toAbsolutePath().toString();
    }

    private static String words(Nic nic) {
        if (!nic.getBridge().isEmpty()) {
            return "guest " + nic.getGuestMac() + " on bridge " + nic.getBridge();
        }
        return "guest "
                + Names.both(nic.getGuestAddress(), nic.getGuestIpv6Address())
                + " behind "
                + Names.both(nic.getPodAddress(), nic.getPodIpv6Address());
    }

    private String readManifest() throws IOException {
        if (manifest.equals("-")) {
            return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        }
        return Files.readString(Path.of(manifest));
    }

    private String fileName() {
        return manifest.equals("-")
                ? ""
                : Path.of(manifest).getFileName().toString().replaceFirst("\\.[^.]*$", "");
    }
}
