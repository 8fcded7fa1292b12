package io.virtdataplane.daemon.state;

import io.virtdataplane.sys.FileStore;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Whether the state directory takes files now: tried by one of the size of a disk's block. */
public final class StateProbe {
    private static final byte[] BLOCK = new byte[4096];
    private final FileStore files;
    private final Consumer<String> report;
    private volatile String trouble = "";

    /**
     * @param report is told why it takes none, once a reason, and by "" that it does again
     */
    public StateProbe(Path stateDirectory, Consumer<String> report) {
        this.files = new FileStore(stateDirectory, ".probe");
        this.report = report;
        look();
    }

    /** Called every few seconds. */
    public void look() {
        String found = "";
        try {
            files.put("state", BLOCK);
            files.remove("state");
        } catch (UncheckedIOException e) {
            found = e.getMessage();
        }
        if (!found.equals(trouble)) {
            trouble = found;
            report.accept(found);
        }
    }

    public List<String> warnings() {
        return trouble.isEmpty()
                ? List.of()
                : List.of("state directory takes no files, nothing can be changed: " + trouble);
    }
}
