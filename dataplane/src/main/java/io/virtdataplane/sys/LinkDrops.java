package io.virtdataplane.sys;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How many frames a device had no room for on their way out, as the kernel counts them (proc(5),
 * /proc/net/dev). Any thread may ask: the file is that of the namespace where it was opened; a
 * device may get another name there. A netlink request would wait for the kernel's lock of all
 * devices, which it holds for a grace period at each program that is tied to one: while NICs are
 * attached nobody else would have an answer for seconds.
 */
public final class LinkDrops implements AutoCloseable {
    private static final String FILE = "/proc/thread-self/net/dev";
    private static final int TX_DROPPED = 11; // number behind the name: eight of receiving before
    private static final int FIRST_BYTES = 4096;
    private final RandomAccessFile file;
    private final NetDevice.Numbered device;
    private final long before; // an earlier run's, which the device has outlived
    private byte[] bytes = new byte[FIRST_BYTES];
    private long count;

    /** Of a device of the calling thread's namespace. */
    public LinkDrops(String name) {
        device = new NetDevice(name).numbered();
        try {
            file = new RandomAccessFile(FILE, "r");
        } catch (IOException e) {
            device.close();
            throw IoReason.failed("open " + FILE, e);
        }
        try {
            before = read(0);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Since this was made; no more of them once the device has left the namespace. */
    public synchronized long count() {
        count = read(before + count) - before;
        return count;
    }

    /** {@code none}: what is told where there is no such device. */
    private long read(long none) {
        String name = device.name();
        return text().lines()
                .map(String::strip)
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip().split(" +"))
                .filter(numbers -> numbers.length > TX_DROPPED)
                .findFirst()
                .map(numbers -> Long.parseLong(numbers[TX_DROPPED]))
                .orElse(none);
    }

    private String text() {
        try {
            file.seek(0);
            int length = 0;
            int read;
            while ((read = file.read(bytes, length, bytes.length - length)) > 0) {
                length += read;
                if (length == bytes.length) {
                    bytes = Arrays.copyOf(bytes, 2 * length);
                }
            }
            return new String(bytes, 0, length, StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw IoReason.failed("read " + FILE, e);
        }
    }

    @Override
    public void close() {
        device.close();
        try {
            file.close();
        } catch (IOException e) {
            throw IoReason.failed("close " + FILE, e);
        }
    }
}
