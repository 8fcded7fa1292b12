package io.virtdataplane.port;

import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.LinkDrops;
import io.virtdataplane.sys.PacketSocket;

/**
 * The kernel's queue in which frames wait to be read. Those that find it full only the kernel
 * counts, so that control threads ask it when somebody wants to know.
 */
interface InputQueue extends AutoCloseable {
    /** Frames that found it full, since it was opened. */
    long missed();

    @Override
    void close();

    /** Of a tap of the calling thread's namespace that we read. */
    static InputQueue ofTap(String name) {
        LinkDrops drops = new LinkDrops(name);
        return new InputQueue() {
            @Override
            public long missed() {
                return drops.count();
            }

            @Override
            public void close() {
                drops.close();
            }
        };
    }

    /** Of a packet socket, whose count starts anew when it is read. */
    static InputQueue ofSocket(Fd socket) {
        return new InputQueue() {
            private long sum;

            @Override
            public long missed() {
                return sum += PacketSocket.drops(socket);
            }

            @Override
            public void close() {}
        };
    }
}
