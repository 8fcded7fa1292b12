package io.virtdataplane.nat;

import io.virtdataplane.sys.Mapping;
import io.virtdataplane.wire.Protocols;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Finding sessions of which nothing is in a cache, whatever their number: what a lookup costs on a
 * node that does other things between two bursts. Before each burst of lookups a stretch of memory
 * larger than the last-level cache is read.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class ColdLookupBenchmark {
    private static final int BURST = 32;
    private static final int EVICTION_LONGS = 24 << 20; // 192 MB
    private static final int LINE_LONGS = 8;

    @Param({"1000", "1000000"})
    int sessions;

    private final long[] eviction = new long[EVICTION_LONGS];
    private final int[] wanted = new int[BURST];
    private SessionTable table;
    private int next;
    long evicted;

    @Setup
    public void fill() {
        table =
                new SessionTable(
                        Mapping.table(SessionTable.bytes(sessions)).segment(), sessions, 7);
        for (int i = 0; i < sessions; i++) {
            table.insert(
                    Protocols.UDP, i & 0xffff, i & 0xffff, 0, i >>> 16, 53, Lifetime.UDP, 0, 1);
        }
    }

    @Setup(Level.Invocation)
    public void evict() {
        long sum = 0;
        for (int i = 0; i < EVICTION_LONGS; i += LINE_LONGS) {
            sum += eviction[i]++;
        }
        evicted = sum;
        for (int i = 0; i < BURST; i++) {
            next = next * 1664525 + 1013904223; // a full-period sequence (Numerical Recipes)
            wanted[i] = (int) ((next & 0xffff_ffffL) * sessions >>> 32);
        }
    }

    @Benchmark
    @OperationsPerInvocation(BURST)
    public int lookup() {
        int found = 0;
        for (int i : wanted) {
            found += table.lookup(SessionTable.INWARD, Protocols.UDP, i & 0xffff, 0, i >>> 16, 53);
        }
        return found;
    }
}
