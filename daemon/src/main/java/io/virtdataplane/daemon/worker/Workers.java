package io.virtdataplane.daemon.worker;

import io.virtdataplane.daemon.journal.EventJournal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The packet threads of this node, and how much each has to do. */
public final class Workers implements AutoCloseable {
    private final List<WorkerThread> threads;
    private final int[] loads; // NICs and bridges, by the thread's number

    private Workers(List<WorkerThread> threads) {
        this.threads = List.copyOf(threads);
        this.loads = new int[threads.size()];
    }

    /** Started; their events go to the journal. */
    public static Workers start(int count, WorkerThread.Settings settings, EventJournal journal) {
        List<WorkerThread> threads = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                WorkerThread thread = new WorkerThread(i, settings);
                threads.add(thread);
                journal.drain(thread.events(), thread::describeFault);
            }
        } catch (RuntimeException e) {
            threads.forEach(WorkerThread::close);
            throw e;
        }
        return new Workers(threads);
    }

    /** Without packet threads: whoever takes one fails. */
    public static Workers none() {
        return new Workers(List.of());
    }

    public int count() {
        return threads.size();
    }

    public List<WorkerThread> threads() {
        return threads;
    }

    public String pollerKind() {
        return threads.getFirst().pollerKind();
    }

    /** The one with the fewest NICs and bridges, for another of them. */
    public synchronized WorkerThread takeLeastLoaded() {
        WorkerThread least =
                threads.stream()
                        .min(Comparator.comparingInt(thread -> loads[thread.number()]))
                        .orElseThrow();
        loads[least.number()]++;
        return least;
    }

    /** A NIC or bridge of this thread has ended. */
    public synchronized void give(WorkerThread thread) {
        loads[thread.number()]--;
    }

    /** Throws where one does not answer. */
    public void check() {
        threads.forEach(thread -> thread.tell(on -> {}));
    }

    @Override
    public void close() {
        threads.forEach(WorkerThread::close);
    }
}
