package io.virtdataplane.cli;

import picocli.CommandLine.Command;

@Command(
        name = "sriov",
        description = "Virtual functions (VFs): policies, networks, and the guests that use them.",
        mixinStandardHelpOptions = true,
        subcommands = {
            ApplyCommand.class,
            SriovRemoveCommand.class,
            SriovRenderCommand.class,
            SriovAttachCommand.class,
            SriovDetachCommand.class
        })
final class SriovCommand {}
