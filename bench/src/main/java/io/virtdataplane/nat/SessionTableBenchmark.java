package io.virtdataplane.nat;

import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Finding a session among few and among many, in an order that caches do not foresee. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class SessionTableBenchmark {
    @Param({"1000", "100000", "1000000"})
    int sessions;

    private SessionTable table;
    private int next;

    @Setup
    public void fill() {
        table =
                new SessionTable(
                        Arena.global().allocate(SessionTable.bytes(sessions), 64), sessions, 7);
        for (int i = 0; i < sessions; i++) {
            table.insert(17, i & 0xffff, i & 0xffff, 0, i >>> 16, 53, Lifetime.UDP, 0, 1);
        }
    }

    @Benchmark
    public int lookup() {
        next = next * 1664525 + 1013904223; // a full-period sequence (Numerical Recipes)
        int i = (int) ((next & 0xffff_ffffL) * sessions >>> 32);
        return table.lookup(SessionTable.INWARD, 17, i & 0xffff, 0, i >>> 16, 53);
    }
}
