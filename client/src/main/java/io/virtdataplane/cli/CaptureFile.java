package io.virtdataplane.cli;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapDumper;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;
import org.pcap4j.packet.namednumber.DataLinkType;

/** A capture file as tcpdump and Wireshark read it, by libpcap. */
final class CaptureFile implements AutoCloseable {
    private static final int SNAP_LENGTH = 1 << 18;
    private static final long SECOND_NS = 1_000_000_000L;
    private final PcapHandle handle;
    private final PcapDumper dumper;

    /** "-" is standard output. */
    CaptureFile(String file) {
        try {
            handle =
                    Pcaps.openDead(
                            DataLinkType.EN10MB, SNAP_LENGTH, PcapHandle.TimestampPrecision.NANO);
            dumper = handle.dumpOpen(file);
        } catch (PcapNativeException | NotOpenException e) {
            throw new IllegalArgumentException(
                    "file must be writable: file=" + file + ": " + e.getMessage());
        } catch (LinkageError e) {
            throw new MissingLibraryException("captures need libpcap: install libpcap0.8");
        }
    }

    /** The frames of a file that are wanted, at most so many. */
    static List<byte[]> read(String file, int most, Predicate<byte[]> wanted) {
        List<byte[]> frames = new ArrayList<>();
        try (PcapHandle handle = Pcaps.openOffline(file)) {
            if (!handle.getDlt().equals(DataLinkType.EN10MB)) {
                throw new IllegalArgumentException(
                        "file must be a capture of Ethernet: file=" + file);
            }
            byte[] frame;
            while (frames.size() < most && (frame = handle.getNextRawPacket()) != null) {
                if (wanted.test(frame)) {
                    frames.add(frame);
                }
            }
            return frames;
        } catch (PcapNativeException | NotOpenException e) {
            throw new IllegalArgumentException(
                    "file must be a capture: file=" + file + ": " + e.getMessage());
        } catch (LinkageError e) {
            throw new MissingLibraryException("captures need libpcap: install libpcap0.8");
        }
    }

    void write(byte[] frame, long unixNs) {
        Instant time = Instant.ofEpochSecond(unixNs / SECOND_NS, unixNs % SECOND_NS);
        try {
            dumper.dumpRaw(frame, Timestamp.from(time));
        } catch (NotOpenException e) {
            throw new IllegalStateException(e);
        }
    }

    void flush() {
        try {
            dumper.flush();
        } catch (PcapNativeException | NotOpenException e) {
            throw new IllegalStateException("write capture", e);
        }
    }

    @Override
    public void close() {
        dumper.close();
        handle.close();
    }
}
