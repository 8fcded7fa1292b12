package io.virtdataplane.cloudinit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.yaml.snakeyaml.error.Mark;

/** Collects what is wrong, so that all of it can be told at once and in the order of the file. */
final class Problems {
    private final IntUnaryOperator lineOfFile;
    private final List<Problem> found = new ArrayList<>();

    /**
     * @param lineOfFile from a line of the network data to one of the file it stands in, both from
     *     1
     */
    Problems(IntUnaryOperator lineOfFile) {
        this.lineOfFile = lineOfFile;
    }

    void add(Mark mark, String message) {
        found.add(new Problem(line(mark), message));
    }

    int line(Mark mark) {
        return lineOfFile.applyAsInt(mark == null ? 1 : mark.getLine() + 1);
    }

    List<Problem> sorted() {
        return found.stream().sorted(Comparator.comparingInt(Problem::line)).toList();
    }
}
