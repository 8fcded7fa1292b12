package io.virtdataplane.cli.view;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Columns as kubectl prints them: upper-case heads, three blanks between. */
public final class Table {
    private final List<String[]> rows = new ArrayList<>();
    private final int[] widths;

    public Table(String... heads) {
        widths = new int[heads.length];
        row(heads);
    }

    public void row(String... cells) {
        for (int i = 0; i < cells.length; i++) {
            if (cells[i].isEmpty()) {
                cells[i] = "<none>";
            }
            widths[i] = Math.max(widths[i], cells[i].length());
        }
        rows.add(cells);
    }

    public void print(PrintStream out) {
        for (String[] cells : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < cells.length; i++) {
                line.append(cells[i]);
                if (i < cells.length - 1) {
                    line.repeat(' ', widths[i] - cells[i].length() + 3);
                }
            }
            out.println(line);
        }
    }
}
