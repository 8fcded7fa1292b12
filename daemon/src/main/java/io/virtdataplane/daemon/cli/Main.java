package io.virtdataplane.daemon.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The one executable: the daemon, and its command-line client. */
@Command(
        name = "virt-dataplane",
        description = "A virtual-network data plane for virtual machines beside containers.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.ClientVersion.class,
        subcommands = {
            RunCommand.class,
            ApplyCommand.class,
            DeleteCommand.class,
            AttachCommand.class,
            SetCommand.class,
            AnnounceCommand.class,
            DetachCommand.class,
            GetCommand.class,
            DescribeCommand.class,
            StationCommand.class,
            DropsCommand.class,
            TraceCommand.class,
            CaptureCommand.class,
            EventsCommand.class,
            TopCommand.class,
            CloudInitCommand.class,
            SriovCommand.class,
            VersionCommand.class,
            CommandLine.HelpCommand.class
        },
        footer = {
            "",
            "Exit codes: 0 done; 1 refused or failed; 2 wrong usage; 3 the daemon does not answer."
        })
public final class Main {
    private static final int FAILED = 1;
    private static final int NO_DAEMON = 3;

    private Main() {}

    /** Says the version without a daemon. */
    static final class ClientVersion implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"virt-dataplane " + io.virtdataplane.daemon.Daemon.VERSION};
        }
    }

    public static void main(String[] arguments) {
        int code = run(arguments);
        System.out.flush();
        System.exit(code);
    }

    /** The exit code. */
    static int run(String... arguments) {
        CommandLine commands =
                new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
        commands.setExecutionExceptionHandler((e, command, parsed) -> failed(e));
        return arguments.length == 0 ? usage(commands) : commands.execute(arguments);
    }

    private static int usage(CommandLine commands) {
        commands.usage(System.err);
        return CommandLine.ExitCode.USAGE;
    }

    /** One line, no stack: what broke which rule. */
    private static int failed(Exception e) {
        if (e instanceof StatusRuntimeException call) {
            Status status = call.getStatus();
            if (status.getCode() == Status.Code.UNAVAILABLE) {
                System.err.println(
                        "virt-dataplane: the daemon does not answer; is it running, and may you use its socket? ("
                                + cause(status)
                                + ")");
                return NO_DAEMON;
            }
            System.err.println("virt-dataplane: " + status.getDescription());
            return FAILED;
        }
        if (e instanceof NoSuchFileException missing) {
            System.err.println("virt-dataplane: no such file: " + missing.getFile());
            return FAILED;
        }
        if (e instanceof IllegalArgumentException
                || e instanceof IOException
                || e instanceof io.virtdataplane.sys.Unsupported) {
            System.err.println("virt-dataplane: " + e.getMessage());
            return FAILED;
        }
        System.err.println("virt-dataplane: " + e);
        return FAILED;
    }

    private static String cause(Status status) {
        return status.getCause() == null
                ? String.valueOf(status.getDescription())
                : String.valueOf(status.getCause().getMessage());
    }
}
