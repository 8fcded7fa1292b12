package io.virtdataplane.cli.view;

import com.google.protobuf.MessageOrBuilder;
import io.virtdataplane.api.Client;
import java.io.PrintStream;

/** A kind that {@code describe} shows in full. */
public interface Description<M extends MessageOrBuilder> {
    /** As the command line has it. */
    String name();

    M fetch(Client client, String name);

    void describe(M answer, boolean isWide, PrintStream to);

    default void print(Client client, String name, Output output, PrintStream to) {
        M answer = fetch(client, name);
        if (!output.print(answer, to)) {
            describe(answer, output.isWide(), to);
        }
    }
}
