package io.virtdataplane.sys;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory of files below a mount of bpffs, each of which keeps a map of eBPF, or a program's
 * link to a device, in the kernel while no process has it open. What is removed from it ends with
 * the last process that uses it; names have no dots there (bpf(2), BPF_OBJ_PIN).
 */
public final class BpfPins {
    private static final int SYS_STATFS = 137; // asm/unistd_64.h
    private static final long BPF_FS_MAGIC = 0xcafe4a11L; // linux/magic.h
    private static final int STATFS = 120;

    private final Path directory; // null: nothing is kept

    private BpfPins(Path directory) {
        this.directory = directory;
    }

    /** Nothing is kept: what is made ends with the process. */
    public static BpfPins none() {
        return new BpfPins(null);
    }

    /** Below a mount of bpffs; it is made when the first file is. */
    public static BpfPins in(Path directory) {
        return new BpfPins(directory);
    }

    public boolean isOn() {
        return directory != null;
    }

    /** Why nothing can be kept below this directory; empty: it can, and the directory is there. */
    public static String obstacle(Path directory) {
        Path there = directory;
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        if (there == null || !isBpfFs(there)) {
            return "no bpffs is mounted there";
        }
        try {
            Files.createDirectories(directory);
            return Files.isWritable(directory) ? "" : "it cannot be written to";
        } catch (IOException e) {
            return IoReason.of(e);
        }
    }

    private static boolean isBpfFs(Path path) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment statfs = scratch.zeroed(STATFS);
            long result =
                    Libc.result(
                            Libc.C.syscall(
                                    SYS_STATFS,
                                    scratch.string(path.toString()),
                                    statfs.address(),
                                    0,
                                    0,
                                    0,
                                    0));
            return result == 0 && statfs.get(Scratch.U64, 0) == BPF_FS_MAGIC;
        }
    }

    /** The directories in it, by name. */
    public static List<String> names(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException("read " + directory, e);
        }
    }

    /** The map of that name: the one that is pinned, or a new one that is pinned from now on. */
    BpfMap map(String name, BpfMap.Shape shape) {
        if (!isOn()) {
            return new BpfMap(shape);
        }
        Fd pinned = open(name);
        if (pinned != null) {
            return BpfMap.existing(shape, pinned);
        }
        BpfMap map = new BpfMap(shape);
        try {
            pin(map.fd(), name);
            return map;
        } catch (RuntimeException e) {
            map.close();
            throw e;
        }
    }

    /** So much memory, zero where it is new: {@link BpfMap#map} has it. */
    public BpfMap memory(String name, int length) {
        return map(name, BpfMap.Shape.shared(length));
    }

    /** What is pinned under that name, or null. */
    public Fd open(String name) {
        return isOn() ? Bpf.pinned(path(name)) : null;
    }

    /** From now on it is there under that name. */
    public void pin(Fd fd, String name) {
        if (!isOn()) {
            return;
        }
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw IoReason.failed("make " + directory, e);
        }
        Bpf.pin(fd, path(name));
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    /** All of it, and the directory. */
    public void remove() {
        if (!isOn() || !Files.isDirectory(directory)) {
            return;
        }
        try {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        } catch (IOException e) {
            throw IoReason.failed("remove " + directory, e);
        }
    }

    @Override
    public String toString() {
        return isOn() ? directory.toString() : "none";
    }
}
