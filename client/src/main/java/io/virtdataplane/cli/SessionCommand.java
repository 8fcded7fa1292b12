package io.virtdataplane.cli;

import picocli.CommandLine.Command;

@Command(
        name = "session",
        description = "Move the sessions of a masquerade NIC to another node. See: get sessions.",
        mixinStandardHelpOptions = true,
        subcommands = {SessionExportCommand.class, SessionImportCommand.class})
final class SessionCommand {}
