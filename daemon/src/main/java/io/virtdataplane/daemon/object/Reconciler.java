package io.virtdataplane.daemon.object;

import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.ObjectKind;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Brings the node in line with objects of one family, and says what became of them. {@link Objects}
 * calls it for one object at a time.
 */
public interface Reconciler {
    List<ObjectKind> kinds();

    /** Whether to try an object of that kind may cost the node its network. */
    default boolean isRisky(ObjectKind kind) {
        return true;
    }

    /** Refuses objects of which one could not be taken when its turn comes; changes nothing. */
    void check(List<Manifest> wanted);

    /** Takes one that {@link #check} let pass: a new one, or another version. */
    Outcome apply(Manifest object, ApplyOptions options);

    /** All of a file have been applied, or as many as could be. */
    default void applied() {}

    /** Refuses what {@link #delete} would refuse; changes nothing. */
    default void checkDelete(Manifest object) {}

    /** One that was applied. */
    Outcome delete(Manifest object);

    /**
     * Takes up what an earlier run left, before anything else is asked.
     *
     * @param inForce in the order in which they were applied
     * @param waiting those that were not in force when that run ended
     * @param unreadable why, by file: it may hold any object of the family
     */
    void restore(List<Kept> inForce, List<Kept> waiting, Map<Path, String> unreadable);

    /** A file that could not be read is gone or holds another object now. */
    default Outcome forget(Path unreadable) {
        return Outcome.IN_FORCE;
    }

    /** Objects that wait and may be applied again now, with nobody watching. */
    default List<Manifest> due() {
        return List.of();
    }
}
