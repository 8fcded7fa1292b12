package io.virtdataplane.dataplane;

/** Nanoseconds on a monotonic scale; tests turn the hands. */
public interface Clock {
    Clock SYSTEM = System::nanoTime;

    long nowNs();
}
