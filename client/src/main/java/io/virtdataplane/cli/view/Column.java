package io.virtdataplane.cli.view;

import java.util.function.Function;

/**
 * A column of a list.
 *
 * @param isWide shown by -o wide only
 */
record Column<R>(String head, boolean isWide, Function<R, String> cell) {
    static <R> Column<R> of(String head, Function<R, String> cell) {
        return new Column<>(head, false, cell);
    }

    static <R> Column<R> wide(String head, Function<R, String> cell) {
        return new Column<>(head, true, cell);
    }
}
