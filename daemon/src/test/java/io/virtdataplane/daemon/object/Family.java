package io.virtdataplane.daemon.object;

import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.ObjectKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Notes what it is asked, and says of every object what it was told to say. */
final class Family implements Reconciler {
    final List<String> asked = new ArrayList<>();
    Outcome next = Outcome.IN_FORCE;
    String refused = "";
    List<Kept> inForce;
    List<Kept> waiting;
    Map<Path, String> unreadable;
    List<Manifest> due = List.of();
    RuntimeException fails;
    Runnable onApply = () -> {};
    private final List<ObjectKind> kinds;

    Family(ObjectKind... kinds) {
        this.kinds = List.of(kinds);
    }

    @Override
    public List<ObjectKind> kinds() {
        return kinds;
    }

    @Override
    public void check(List<Manifest> wanted) {
        asked.add("check " + wanted.stream().map(Manifest::name).toList());
        if (wanted.stream().anyMatch(each -> each.name().equals(refused))) {
            throw new IllegalArgumentException("refused: name=" + refused);
        }
    }

    @Override
    public Outcome apply(Manifest object, ApplyOptions options) {
        asked.add("apply " + object.name() + (options.sharesUplinks() ? " shared" : ""));
        onApply.run();
        if (fails != null) {
            throw fails;
        }
        return next;
    }

    @Override
    public Outcome delete(Manifest object) {
        asked.add("delete " + object.name());
        return next;
    }

    @Override
    public void restore(List<Kept> held, List<Kept> waits, Map<Path, String> notRead) {
        inForce = held;
        waiting = waits;
        unreadable = notRead;
    }

    @Override
    public Outcome forget(Path file) {
        asked.add("forget " + file.getFileName());
        return Outcome.inForceAfter(9);
    }

    @Override
    public List<Manifest> due() {
        return due;
    }
}
