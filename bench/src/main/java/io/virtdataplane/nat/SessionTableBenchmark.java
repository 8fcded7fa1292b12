package io.virtdataplane.nat;

import io.virtdataplane.sys.Mapping;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
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

/**
 * Finding a session among few and among many, in an order that caches do not foresee, and not
 * finding one. The table is full, and mapped as the daemon maps it. How full its index is, and how
 * many slots a lookup looks at, is printed once it is filled.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class SessionTableBenchmark {
    private static final int KNOWN = 53;
    private static final int UNKNOWN = 54;

    @Param({"1000", "65536", "1000000"})
    int sessions;

    private SessionTable table;
    private int next;

    @Setup
    public void fill() {
        table =
                new SessionTable(
                        Mapping.table(SessionTable.bytes(sessions)).segment(), sessions, 7);
        for (int i = 0; i < sessions; i++) {
            int port = port(i);
            table.insert(Protocols.UDP, port, port, 0, remote(i), KNOWN, Lifetime.UDP, 0, 1);
        }
        System.out.println(figures());
    }

    String figures() {
        FlowIndex index = table.index();
        long sum = 0;
        int longest = 0;
        for (int session = 0; session < sessions; session++) {
            for (int direction : new int[] {SessionTable.OUTWARD, SessionTable.INWARD}) {
                int probes = index.probes(session, direction);
                sum += probes;
                longest = Math.max(longest, probes);
            }
        }
        return String.format(
                "sessions=%d fill=%.2f probes=%.2f longest=%d bytes=%d",
                sessions,
                2.0 * sessions / index.capacity(),
                sum / 2.0 / sessions,
                longest,
                SessionTable.bytes(sessions) / sessions);
    }

    @Benchmark
    public int lookup() {
        return lookup(KNOWN);
    }

    @Benchmark
    public int miss() {
        return lookup(UNKNOWN);
    }

    private int lookup(int remotePort) {
        next = next * 1664525 + 1013904223; // a full-period sequence (Numerical Recipes)
        int i = (int) ((next & 0xffff_ffffL) * sessions >>> 32);
        return table.lookup(SessionTable.INWARD, Protocols.UDP, port(i), 0, remote(i), remotePort);
    }

    /** No two alike, in no order: MurmurHash3's last step, of which each number has its own. */
    private static long remote(int i) {
        int h = (i ^ i >>> 16) * 0x85ebca6b;
        h = (h ^ h >>> 13) * 0xc2b2ae35;
        return Ip.mapped(h ^ h >>> 16);
    }

    private static int port(int i) {
        return (int) remote(~i) & 0xffff;
    }
}
