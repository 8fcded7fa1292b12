package io.virtdataplane.wire;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A checksum computed over the whole packet, and repaired after a change. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ChecksumBenchmark {
    @Param({"64", "1460"})
    int length;

    private final MemorySegment packet = Arena.ofAuto().allocate(2048, 64);

    @Benchmark
    public int sum() {
        return Checksum.fold(Checksum.sum(packet, 0, length));
    }

    @Benchmark
    public int repair() {
        long delta =
                Checksum.delta32(Bytes.u32(packet, 12), length)
                        + Checksum.delta16(Bytes.u16(packet, 20), length);
        return Checksum.repair(Bytes.u16(packet, 16), delta);
    }
}
