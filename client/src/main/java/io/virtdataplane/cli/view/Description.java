package io.virtdataplane.cli.view;

import com.google.protobuf.MessageOrBuilder;
import io.virtdataplane.api.Client;
import java.io.PrintStream;
import java.util.List;

/** A kind that {@code describe} shows in full. */
public interface Description<M extends MessageOrBuilder> {
    /** As the command line has it; the first is the one that help shows. */
    List<String> names();

    M fetch(Client client, String name);

    void describe(M answer, boolean isWide, PrintStream to);

    /** False: the caller prints words. */
    default boolean printData(M answer, Output output, PrintStream to) {
        return output.print(answer, to);
    }

    default void print(Client client, String name, Output output, PrintStream to) {
        M answer = fetch(client, name);
        if (!printData(answer, output, to)) {
            describe(answer, output.isWide(), to);
        }
    }
}
