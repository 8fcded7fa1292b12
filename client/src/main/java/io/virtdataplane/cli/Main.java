package io.virtdataplane.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.Endpoint;
import io.virtdataplane.api.PlainText;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command-line client. The daemon, "run", is a program of its own that the launcher starts. */
@Command(
        name = "virt-dataplane",
        description = "Network data plane for the virtual machines of a node.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.ClientVersion.class,
        subcommands = {
            RunCommand.class,
            ControllerCommand.class,
            ApplyCommand.class,
            DeleteCommand.class,
            AttachCommand.class,
            SetCommand.class,
            AnnounceCommand.class,
            DrainCommand.class,
            SessionCommand.class,
            DetachCommand.class,
            GetCommand.class,
            DescribeCommand.class,
            StationCommand.class,
            DropsCommand.class,
            TraceCommand.class,
            CaptureCommand.class,
            EventsCommand.class,
            TopCommand.class,
            ConsoleCommand.class,
            CloudInitCommand.class,
            SriovCommand.class,
            HookCommand.class,
            VersionCommand.class,
            CompletionCommand.class,
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
            return new String[] {"virt-dataplane " + Endpoint.VERSION};
        }
    }

    public static void main(String[] arguments) {
        int code = run(arguments);
        System.out.flush();
        System.exit(code);
    }

    /** The exit code. */
    public static int run(String... arguments) {
        CommandLine commands =
                new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
        commands.setExecutionExceptionHandler((e, command, parsed) -> failed(e));
        commands.setExecutionStrategy(Main::execute);
        sayVersion(commands);
        if (arguments.length == 0) {
            return usage(commands);
        }
        Optional<CommandLine.UnmatchedArgumentException> unknown = unknown(commands, arguments);
        return unknown.isPresent() ? refused(unknown.get()) : commands.execute(arguments);
    }

    /** What others wrote reaches the terminal as text only; help and top may move its cursor. */
    private static int execute(CommandLine.ParseResult parsed) {
        Integer help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        Object command = parsed.asCommandLineList().getLast().getCommand();
        boolean isOurOwn =
                command instanceof TopCommand
                        || command instanceof CompletionCommand
                        || command instanceof CommandLine.HelpCommand;
        if (isOurOwn) {
            return new CommandLine.RunLast().execute(parsed);
        }
        PrintStream out = System.out;
        PrintStream err = System.err;
        System.setOut(PlainText.stream(out));
        System.setErr(PlainText.stream(err));
        try {
            return new CommandLine.RunLast().execute(parsed);
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** -V of each command is that of all. */
    private static void sayVersion(CommandLine command) {
        command.getCommandSpec().versionProvider(new ClientVersion());
        command.getSubcommands().values().forEach(Main::sayVersion);
    }

    /** A word that is no command: picocli would pass it over where help is asked for as well. */
    private static Optional<CommandLine.UnmatchedArgumentException> unknown(
            CommandLine commands, String... arguments) {
        CommandLine at = commands;
        for (String word : arguments) {
            if (at.getSubcommands().isEmpty() || word.startsWith("-")) {
                break;
            }
            CommandLine next = at.getSubcommands().get(word);
            if (next == null) {
                return Optional.of(new CommandLine.UnmatchedArgumentException(at, List.of(word)));
            }
            at = next;
        }
        return Optional.empty();
    }

    private static int refused(CommandLine.UnmatchedArgumentException unknown) {
        String name = unknown.getCommandLine().getCommandSpec().qualifiedName();
        List<String> nearest = unknown.getSuggestions();
        System.err.println(
                "virt-dataplane: no such command: "
                        + unknown.getUnmatched().getFirst()
                        + (nearest.isEmpty()
                                ? ""
                                : "; did you mean " + String.join(", ", nearest) + "?")
                        + " ("
                        + name
                        + " --help lists all)");
        return CommandLine.ExitCode.USAGE;
    }

    private static int usage(CommandLine commands) {
        commands.usage(System.err);
        return CommandLine.ExitCode.USAGE;
    }

    /** One line, no stack: what broke which rule. */
    private static int failed(Exception e) {
        boolean isAway =
                e instanceof StatusRuntimeException call
                        && call.getStatus().getCode() == Status.Code.UNAVAILABLE;
        System.err.println("virt-dataplane: " + PlainText.escaped(words(e)));
        return isAway ? NO_DAEMON : FAILED;
    }

    private static String words(Exception e) {
        return switch (e) {
            case StatusRuntimeException call -> words(call.getStatus());
            case NoSuchFileException missing -> "no such file: " + missing.getFile();
            case IllegalArgumentException wrong -> String.valueOf(wrong.getMessage());
            case IOException failed -> String.valueOf(failed.getMessage());
            case MissingLibraryException missing -> missing.getMessage();
            default -> e.toString();
        };
    }

    private static String words(Status status) {
        if (status.getCode() == Status.Code.UNAVAILABLE) {
            return "the daemon does not answer; is it running, and may you use its socket? ("
                    + cause(status)
                    + ")";
        }
        // The library's own answers may have no words.
        return status.getDescription() == null ? status.getCode().name() : status.getDescription();
    }

    private static String cause(Status status) {
        return status.getCause() == null
                ? String.valueOf(status.getDescription())
                : String.valueOf(status.getCause().getMessage());
    }
}
