package io.virtdataplane.daemon.attach;

import java.util.function.Function;

/** Finds what is attached, by name. */
public interface Attachments {
    /** Throws where there is none. */
    Attachment find(String name);

    /** Asks about one that does not go meanwhile. */
    <T> T with(String name, Function<Attachment, T> question);

    boolean isAttached(Attachment attachment);
}
