package io.virtdataplane.port;

import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.sys.BpfRun;
import io.virtdataplane.sys.BpfRun.About;
import java.lang.foreign.ValueLayout;

/** The programs at a bridge's ports, loaded and run on frames, with the bridge's memory. */
public final class CarriedPorts implements AutoCloseable {
    private static final int TAP = 71;
    public final BridgePrograms programs;

    /** Aborts the test where the kernel lets nobody load programs. */
    public CarriedPorts(int buckets, int stations) {
        programs =
                BpfRun.loaded(
                        () -> {
                            BridgePrograms made =
                                    new BridgePrograms(
                                            buckets,
                                            stations,
                                            0x1234_5678_9abc_def0L,
                                            new PortNames("test"));
                            made.ofPort(0, TAP).load("vdp_bridge").close();
                            return made;
                        });
    }

    /**
     * The frame comes in by the port.
     *
     * @param segment payload of the segments that it is to be cut into, or 0
     */
    public void run(int port, byte[] frame, int segment) {
        try (BpfObject program = programs.ofPort(port, TAP)) {
            int action =
                    new BpfRun(program.load("vdp_bridge"), frame, new About(0, 0, segment), 1)
                            .run();
            if (action != BpfRun.REDIRECT) {
                throw new AssertionError("neither carried nor ours: action=" + action);
            }
        }
    }

    /** The daemon was alive then. */
    public void beat(long ns) {
        programs.stations().set(ValueLayout.JAVA_LONG, 0, ns);
    }

    @Override
    public void close() {
        programs.close();
    }
}
