package io.virtdataplane.cli;

import picocli.CommandLine.Command;

@Command(
        name = "sriov",
        description = "Virtual functions: policies, networks, and the guests that get them.",
        mixinStandardHelpOptions = true,
        subcommands = {
            ApplyCommand.class,
            SriovRemoveCommand.class,
            SriovRenderCommand.class,
            SriovAttachCommand.class,
            SriovDetachCommand.class
        })
final class SriovCommand {}
