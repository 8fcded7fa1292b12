package io.virtdataplane.cli.view;

import com.google.protobuf.MessageOrBuilder;
import io.virtdataplane.api.Client;
import java.io.PrintStream;
import java.util.Iterator;
import java.util.List;

/**
 * A kind that {@code get} lists: its names, how it is fetched, and its columns. A new kind is one
 * class and one line in {@link Listings}.
 *
 * @param <M> the answer, as -o json prints it
 * @param <R> one row of the table
 */
public interface Listing<M extends MessageOrBuilder, R> {
    /** As the command line has it; the first is the one that help shows. */
    List<String> names();

    M fetch(Client client, Query query);

    /** Its objects have namespaces; that is a column then, the first. */
    default boolean hasNamespaces() {
        return false;
    }

    /** {@link #watch} has answers. */
    default boolean canBeWatched() {
        return false;
    }

    /** Answers that go on with each change. */
    default Iterator<M> watch(Client client, Query query) {
        throw new IllegalStateException("cannot be watched: kind=" + names().getFirst());
    }

    List<R> rows(M answer);

    List<Column<R>> columns();

    /** What stands below the table; empty: nothing. */
    default String footer(M answer) {
        return "";
    }

    /** What stands on standard error beside the table: what of the node is not as it is to be. */
    default List<String> warnings(M answer) {
        return List.of();
    }

    /** One answer, or all of them for as long as it is watched. */
    default void print(Client client, Query query, boolean watched, Output output, PrintStream to) {
        if (!watched) {
            print(fetch(client, query), query, output, to);
            return;
        }
        Iterator<M> answers = watch(client, query);
        while (answers.hasNext()) {
            print(answers.next(), query, output, to);
            to.flush();
        }
    }

    /** False: the caller prints a table. */
    default boolean printData(M answer, Query query, Output output, PrintStream to) {
        return output.print(answer, to);
    }

    private void print(M answer, Query query, Output output, PrintStream to) {
        if (printData(answer, query, output, to)) {
            return;
        }
        boolean isOfOne = hasNamespaces() && !query.namespace().isEmpty();
        printTable(rows(answer), output.isWide(), isOfOne ? 1 : 0, to);
        if (!footer(answer).isEmpty()) {
            to.println(footer(answer));
        }
        warnings(answer).forEach(warning -> System.err.println("Warning: " + warning));
    }

    default void printTable(List<R> rows, boolean isWide, PrintStream to) {
        printTable(rows, isWide, 0, to);
    }

    private void printTable(List<R> rows, boolean isWide, int first, PrintStream to) {
        List<Column<R>> shown =
                columns().stream()
                        .skip(first)
                        .filter(column -> isWide || !column.isWide())
                        .toList();
        Table table = new Table(shown.stream().map(Column::head).toArray(String[]::new));
        for (R row : rows) {
            table.row(
                    shown.stream().map(column -> column.cell().apply(row)).toArray(String[]::new));
        }
        table.print(to);
    }
}
