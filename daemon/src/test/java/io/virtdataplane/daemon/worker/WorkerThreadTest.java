package io.virtdataplane.daemon.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.port.Pollers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkerThreadTest {
    @Test
    void packetThreadIsBoundToItsProcessor() {
        try (WorkerThread bound = worker(List.of(0));
                WorkerThread free = worker(List.of())) {
            assertThat(allowedCpus(bound)).isEqualTo("0");
            assertThat(allowedCpus(free)).isEqualTo(allowedCpusOfThisThread());
        }
    }

    @Test
    void processorThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> worker(List.of(1023)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "workerCpus must be processors that this process may run on: workerCpus=[1023]");
    }

    private static WorkerThread worker(List<Integer> cpus) {
        return new WorkerThread(0, new WorkerThread.Settings(Pollers.Kind.EPOLL, 64, cpus));
    }

    private static String allowedCpus(WorkerThread worker) {
        return worker.ask(asked -> allowedCpusOfThisThread());
    }

    private static String allowedCpusOfThisThread() {
        try {
            return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                    .filter(line -> line.startsWith("Cpus_allowed_list:"))
                    .map(line -> line.split("\\s+")[1])
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
