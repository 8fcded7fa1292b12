package io.virtdataplane.sys;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why the kernel refused work on a file, in its words: Java leaves the commonest ones out. */
public final class IoReason {
    private IoReason() {}

    /** "No space left on device", without the path. */
    public static String of(IOException e) {
        return switch (e) {
            case NoSuchFileException none -> "No such file or directory";
            case AccessDeniedException denied -> "Permission denied";
            case FileAlreadyExistsException there -> "File exists";
            case DirectoryNotEmptyException full -> "Directory not empty";
            case NotDirectoryException file -> "Not a directory";
            case FileSystemException other -> reason(other);
            default -> String.valueOf(e.getMessage());
        };
    }

    private static String reason(FileSystemException e) {
        return e.getReason() == null ? String.valueOf(e.getMessage()) : e.getReason();
    }

    /**
     * What could not be done, with its reason.
     *
     * @param work "write /var/lib/x/a.attach"
     */
    public static UncheckedIOException failed(String work, IOException e) {
        return new UncheckedIOException(work + ": " + of(e), e);
    }
}
