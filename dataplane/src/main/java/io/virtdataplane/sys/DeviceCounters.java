package io.virtdataplane.sys;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What the kernel counts of the devices of one namespace (proc(5), /proc/net/dev). The file is that
 * of the namespace where it was opened, for any thread. It has all devices in it: who asks for one
 * after the other has them of one reading, so that a namespace with many costs no more than their
 * number.
 */
final class DeviceCounters implements AutoCloseable {
    private static final String FILE = "/proc/thread-self/net/dev";
    private static final int TX_DROPPED = 11; // number behind the name: eight of receiving before
    private static final int FIRST_BYTES = 4096;
    private static final long FRESH_NS = 20_000_000;
    private static final Map<Object, DeviceCounters> OPEN = new HashMap<>(); // by namespace
    private final Object namespace;
    private final RandomAccessFile file;
    private final Map<String, Long> dropped = new HashMap<>(); // by device
    private byte[] bytes = new byte[FIRST_BYTES];
    private long readNs;
    private int users;

    private DeviceCounters(Object namespace, RandomAccessFile file) {
        this.namespace = namespace;
        this.file = file;
    }

    /** Those of the calling thread's namespace; to be closed by each who has asked. */
    static DeviceCounters here() {
        synchronized (OPEN) {
            try {
                Object namespace =
                        Files.getAttribute(Path.of("/proc/thread-self/ns/net"), "unix:ino");
                DeviceCounters there = OPEN.get(namespace);
                if (there == null) {
                    there = new DeviceCounters(namespace, new RandomAccessFile(FILE, "r"));
                    OPEN.put(namespace, there);
                }
                there.users++;
                there.outdate();
                return there;
            } catch (IOException e) {
                throw IoReason.failed("open " + FILE, e);
            }
        }
    }

    /** A device may have been made anew since the last reading, under the name of another one. */
    private synchronized void outdate() {
        readNs = System.nanoTime() - FRESH_NS;
    }

    /**
     * Frames that a device had no room for on their way out, of a reading that is 20 ms old at
     * most.
     *
     * @param none what is told where there is no such device
     */
    synchronized long dropped(String device, long none) {
        long now = System.nanoTime();
        if (now - readNs >= FRESH_NS) {
            read();
            readNs = now;
        }
        return dropped.getOrDefault(device, none);
    }

    private void read() {
        dropped.clear();
        for (String line : text().split("\n")) {
            int colon = line.indexOf(':');
            String[] numbers = line.substring(colon + 1).strip().split(" +");
            if (colon >= 0 && numbers.length > TX_DROPPED) {
                dropped.put(line.substring(0, colon).strip(), Long.parseLong(numbers[TX_DROPPED]));
            }
        }
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
        synchronized (OPEN) {
            if (--users > 0) {
                return;
            }
            OPEN.remove(namespace);
            try {
                file.close();
            } catch (IOException e) {
                throw IoReason.failed("close " + FILE, e);
            }
        }
    }
}
