package io.virtdataplane.daemon.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class SparseTest {
    @Test
    void strangersCannotFillTheLog() {
        PrintStream err = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            Sparse log = new Sparse(LoggerFactory.getLogger("io.virtdataplane.sparse"));
            for (int i = 0; i < 17_000; i++) {
                log.warn("connection refused");
            }
        } finally {
            System.setErr(err);
        }
        assertThat(said.toString(StandardCharsets.UTF_8).lines()).hasSizeBetween(1, 20);
    }
}
