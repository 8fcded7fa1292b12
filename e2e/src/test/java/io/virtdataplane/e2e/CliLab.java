package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.cli.Main;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.attach.DataPath;
import io.virtdataplane.daemon.control.NetworksService;
import io.virtdataplane.daemon.control.ServiceViews;
import io.virtdataplane.daemon.control.SriovLab;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.kubelet.UnixGrpc;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.network.NetworkObjects;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.service.ServiceObjects;
import io.virtdataplane.daemon.service.ServicePublisher;
import io.virtdataplane.daemon.service.ServiceSettings;
import io.virtdataplane.daemon.sriov.CardInTree;
import io.virtdataplane.daemon.sriov.SriovConfig;
import io.virtdataplane.daemon.worker.Workers;
import io.virtdataplane.port.KeptDescriptors;
import io.virtdataplane.port.PortNames;
import io.virtdataplane.sys.Bpf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The command line against the services of objects and of SR-IOV, without packet threads: a card is
 * a tree of files, and network policies are those of other nodes.
 */
final class CliLab implements AutoCloseable {
    /** What a command said and how it ended. */
    record Result(int code, String out, String err) {}

    final CardInTree card;
    private final Path directory;
    private final Path socket;
    private final UnixGrpc grpc = new UnixGrpc();
    private final EventJournal journal;
    private final Bridges bridges;
    private final SriovLab sriov;

    CliLab(Path directory, int vfs) throws IOException {
        this.directory = directory;
        this.socket = directory.resolve("s");
        this.card = new CardInTree(directory.resolve("sys"), vfs);
        Path state = Files.createDirectories(directory.resolve("state"));
        journal = new EventJournal(state, 1 << 20);
        Attachments attachments = new Attachments(journal);
        bridges =
                new Bridges(
                        Workers.none(),
                        attachments,
                        journal,
                        new DataPath(Bpf.Mechanism.AUTO, true, 0),
                        new PortNames("test"),
                        KeptDescriptors.none());
        NetworkObjects networks =
                new NetworkObjects(
                        bridges,
                        attachments,
                        new NodeLabels("node1", Map.of()),
                        journal,
                        System::nanoTime);
        Path proc = Files.createDirectories(directory.resolve("proc"));
        SriovConfig config = SriovConfig.DEFAULT.withProc(proc).withDevicePlugins("none");
        ServiceObjects services =
                new ServiceObjects(
                        ServiceSettings.of(List.of("10.96.0.0/12"), "30000-32767", List.of())
                                .allocations(new SecureRandom()),
                        state,
                        List::of,
                        new ServicePublisher(List::of, journal),
                        journal,
                        false);
        sriov = new SriovLab(card, config, state, networks, services);
        grpc.serve(
                socket,
                new NetworksService(
                        bridges, networks, sriov.objects, new ServiceViews(services, List::of)),
                sriov.service());
    }

    Path file(String manifest) {
        try {
            return Files.writeString(directory.resolve("manifest.yaml"), manifest);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    Result run(String... arguments) {
        return run(socket, arguments);
    }

    /** In this process, which spares a start of Java's. */
    static Result run(Path socket, String... arguments) {
        List<String> command = new ArrayList<>(List.of(arguments));
        command.addAll(List.of("--socket", socket.toString()));
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        ByteArrayOutputStream complained = new ByteArrayOutputStream();
        System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
        try {
            int code = Main.run(command.toArray(String[]::new));
            return new Result(
                    code,
                    said.toString(StandardCharsets.UTF_8),
                    complained.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** What a command that must end well has said. */
    String must(String... arguments) {
        return must(socket, arguments);
    }

    static String must(Path socket, String... arguments) {
        Result result = run(socket, arguments);
        assertThat(result.code()).as(result.err()).isZero();
        return result.out();
    }

    @Override
    public void close() throws Exception {
        grpc.close();
        sriov.close();
        bridges.close();
        journal.close();
    }
}
