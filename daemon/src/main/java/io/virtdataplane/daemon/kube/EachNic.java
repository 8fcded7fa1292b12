package io.virtdataplane.daemon.kube;

import io.virtdataplane.api.Nic;
import java.util.List;
import java.util.function.Consumer;

/** Work at all NICs, of which one that fails keeps none of the others waiting. */
final class EachNic {
    private EachNic() {}

    /**
     * @throws RuntimeException the first failure, after all have been seen to
     */
    static void of(List<Nic> nics, Consumer<Nic> work) {
        RuntimeException failed = null;
        for (Nic nic : nics) {
            try {
                work.accept(nic);
            } catch (RuntimeException e) {
                failed = failed == null ? e : failed;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }
}
