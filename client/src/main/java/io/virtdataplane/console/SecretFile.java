package io.virtdataplane.console;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** Files of the console that others must not read. */
final class SecretFile {
    static final int SHORTEST_PASSWORD = 12;
    private static final int LONGEST_FILE = 64 << 10;

    private SecretFile() {}

    /**
     * The first line.
     *
     * @throws IllegalArgumentException where others may read the file or the password is too short
     */
    static String password(Path file) {
        mustBeSecret("password-file", file);
        String text;
        try {
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "password-file must be text in UTF-8: password-file=" + file, e);
        }
        String password = text.lines().findFirst().orElse("");
        if (password.length() < SHORTEST_PASSWORD) {
            throw new IllegalArgumentException(
                    "password-file must have a password of at least "
                            + SHORTEST_PASSWORD
                            + " characters in its first line: password-file="
                            + file);
        }
        return password;
    }

    /** Users who are neither the owner nor of the group may do nothing with it. */
    static void mustBeSecret(String option, Path file) {
        Set<PosixFilePermission> may;
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > LONGEST_FILE) {
                throw new IllegalArgumentException(
                        option + " must be a file of at most 64 KiB: " + option + "=" + file);
            }
            may = Files.getPosixFilePermissions(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    option + " must be readable: " + option + "=" + file, e);
        }
        if (may.contains(PosixFilePermission.OTHERS_READ)
                || may.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IllegalArgumentException(
                    option
                            + " must not be readable or writable by others (chmod o-rw): "
                            + option
                            + "="
                            + file);
        }
    }
}
