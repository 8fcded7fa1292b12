package io.virtdataplane.cli;

import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        description = {
            "Print the completion script of a shell.",
            "For this shell only: source <(virt-dataplane completion bash)"
        },
        mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {
    private static final String NAME = "virt-dataplane";

    /** Shells that there is one for. */
    enum Shell {
        BASH,
        ZSH,
        FISH
    }

    @Spec private CommandSpec command;

    @Parameters(paramLabel = "bash|zsh|fish")
    private Shell shell;

    @Override
    public Integer call() {
        CommandLine root = command.parent().commandLine();
        switch (shell) {
            case BASH -> System.out.print(AutoComplete.bash(NAME, root));
            case ZSH -> zsh(System.out, root);
            case FISH -> fish(System.out, root);
        }
        System.out.flush();
        return 0;
    }

    /** The script of bash works there, as a function of zsh's. */
    private static void zsh(PrintStream out, CommandLine root) {
        out.println("#compdef " + NAME);
        out.println("autoload -U +X compinit && compinit -i");
        out.print(AutoComplete.bash(NAME, root));
    }

    private static void fish(PrintStream out, CommandLine root) {
        out.println("complete -c " + NAME + " -f");
        for (Map.Entry<String, CommandLine> each : root.getSubcommands().entrySet()) {
            out.printf(
                    "complete -c %s -n __fish_use_subcommand -a %s -d %s%n",
                    NAME, each.getKey(), quoted(summary(each.getValue())));
            fish(out, each.getKey(), each.getValue());
        }
    }

    private static void fish(PrintStream out, String name, CommandLine sub) {
        String here = "__fish_seen_subcommand_from " + name;
        for (String below : sub.getSubcommands().keySet()) {
            out.printf("complete -c %s -n %s -a %s%n", NAME, quoted(here), below);
        }
        for (OptionSpec option : sub.getCommandSpec().options()) {
            String words = String.join(" ", option.description());
            boolean takesValue = option.arity().max() > 0;
            out.printf(
                    "complete -c %s -n %s -l %s%s -d %s%n",
                    NAME,
                    quoted(here),
                    option.longestName().replaceFirst("^-+", ""),
                    takesValue ? " -r -F" : "",
                    quoted(words));
        }
    }

    private static String summary(CommandLine sub) {
        String[] words = sub.getCommandSpec().usageMessage().description();
        return words.length == 0 ? "" : words[0];
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("%n", " ") + "'";
    }
}
