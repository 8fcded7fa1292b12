package io.virtdataplane.daemon.inspect;

import io.virtdataplane.sys.Unsupported;
import org.pcap4j.core.BpfProgram;
import org.pcap4j.core.BpfProgram.BpfCompileMode;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;
import org.pcap4j.packet.namednumber.DataLinkType;

/** A filter in the language of pcap-filter(7), by libpcap; loaded only when there is one. */
final class CaptureFilter implements AutoCloseable {
    private static final int SNAP_LENGTH = 1 << 17;
    private final BpfProgram program;

    private CaptureFilter(BpfProgram program) {
        this.program = program;
    }

    static CaptureFilter compile(String expression) {
        if (expression.isBlank()) {
            return new CaptureFilter(null);
        }
        try (PcapHandle handle = Pcaps.openDead(DataLinkType.EN10MB, SNAP_LENGTH)) {
            return new CaptureFilter(
                    handle.compileFilter(
                            expression, BpfCompileMode.OPTIMIZE, PcapHandle.PCAP_NETMASK_UNKNOWN));
        } catch (PcapNativeException e) {
            throw new IllegalArgumentException(
                    "filter must be an expression of pcap-filter(7): filter="
                            + expression
                            + ": "
                            + e.getMessage());
        } catch (NotOpenException e) {
            throw new IllegalStateException(e);
        } catch (LinkageError e) {
            throw new Unsupported("filters need libpcap: install libpcap0.8");
        }
    }

    boolean matches(byte[] frame) {
        return program == null || program.applyFilter(frame, frame.length, frame.length);
    }

    @Override
    public void close() {
        if (program != null) {
            program.free();
        }
    }
}
