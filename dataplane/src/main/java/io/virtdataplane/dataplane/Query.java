package io.virtdataplane.dataplane;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * A question to a worker that is answered once, or, when the asker has given up before its turn
 * came, never.
 */
public final class Query<T> implements Command {
    private final Function<Worker, T> question;
    private final CompletableFuture<T> answer = new CompletableFuture<>();
    private final AtomicBoolean claimed = new AtomicBoolean();

    Query(Function<Worker, T> question) {
        this.question = question;
    }

    @Override
    public void run(Worker worker, long nowNs) {
        if (!claimed.compareAndSet(false, true)) {
            return;
        }
        try {
            answer.complete(question.apply(worker));
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
        }
    }

    /**
     * The answer. After a time-out or an interrupt the question will not be asked any more: what it
     * would have touched may be closed.
     */
    public T await(long seconds) throws ExecutionException, InterruptedException, TimeoutException {
        try {
            return answer.get(seconds, TimeUnit.SECONDS);
        } catch (TimeoutException | InterruptedException e) {
            if (claimed.compareAndSet(false, true)) {
                throw e;
            }
            return answer.get(); // its turn has come meanwhile
        }
    }
}
