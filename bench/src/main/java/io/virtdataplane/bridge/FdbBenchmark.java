package io.virtdataplane.bridge;

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
 * A bridge's table with few stations, with all that it learns (16,384), and with operators' entries
 * beside those until it takes no more (24,573). How full it is, and how many slots a lookup looks
 * at, is printed once it is filled.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class FdbBenchmark {
    private static final int LIMIT = 16_384; // as the daemon's bridges have it
    private static final int PORTS = 64;
    private static final int VLAN = 100;
    private static final long LOCAL = 0x0200_0000_0000L; // IEEE 802: locally administered
    private static final long NOW_NS = 1_000_000_000L;

    @Param({"64", "16384", "24573"})
    int stations;

    private final Fdb fdb =
            new Fdb(LIMIT, Bridge.MAX_PORTS, BridgePolicy.DEFAULT_AGEING_NS, Stations.none());
    private int next;

    @Setup
    public void fill() {
        for (int i = 0; i < stations; i++) {
            int port = i % PORTS;
            if (i < LIMIT) {
                fdb.learn(VLAN, mac(i), port, Integer.MAX_VALUE, NOW_NS);
            } else {
                fdb.put(VLAN, mac(i), port, 0, NOW_NS);
            }
        }
        System.out.println(figures());
    }

    String figures() {
        long sum = 0;
        int longest = 0;
        for (int i = 0; i < stations; i++) {
            int probes = fdb.probes(VLAN, mac(i));
            sum += probes;
            longest = Math.max(longest, probes);
        }
        return String.format(
                "stations=%d fill=%.2f probes=%.2f longest=%d bytes=%d",
                fdb.size(),
                (double) fdb.size() / fdb.capacity(),
                (double) sum / stations,
                longest,
                2L * Long.BYTES * fdb.capacity() / stations);
    }

    /** Steps that visit all stations in no order that a processor could guess. */
    private int station() {
        next = (int) ((next + 7919L) % stations);
        return next;
    }

    /** No two alike, as if drawn: MurmurHash3's last step, of which each number has its own. */
    private static long mac(int i) {
        int h = (i ^ i >>> 16) * 0x85ebca6b;
        h = (h ^ h >>> 13) * 0xc2b2ae35;
        return LOCAL | (h ^ h >>> 16) & 0xffff_ffffL;
    }

    @Benchmark
    public int lookup() {
        return fdb.lookup(VLAN, mac(station()), NOW_NS);
    }

    @Benchmark
    public int miss() {
        return fdb.lookup(VLAN + 1, mac(station()), NOW_NS);
    }

    @Benchmark
    public Object learn() {
        int from = station();
        return fdb.learn(VLAN, mac(from), from % PORTS, Integer.MAX_VALUE, NOW_NS);
    }
}
