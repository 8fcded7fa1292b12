package io.virtdataplane.port;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Poller;
import io.virtdataplane.dataplane.Port;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.sys.Epoll;
import io.virtdataplane.sys.Errno;
import io.virtdataplane.sys.EventFd;
import io.virtdataplane.sys.PacketMessage;
import io.virtdataplane.wire.VirtioNetHdr;

/**
 * Moves frames by read(2) and write(2), and sleeps in epoll: for kernels and containers without
 * io_uring.
 */
public final class EpollPoller implements Poller {
    private static final int SPINS = 60; // about 40 µs
    private static final int WAKE = Worker.MAX_PORTS;
    private static final int RESERVE = 16;
    private final FramePool pool;
    private final Epoll epoll = new Epoll();
    private final EventFd wake = new EventFd();
    private final PacketMessage message = new PacketMessage();
    private final SendQueue queue = new SendQueue();
    private final DescriptorPort[] ports = new DescriptorPort[Worker.MAX_PORTS];
    private final Spin spin = new Spin();

    public EpollPoller(FramePool pool) {
        this.pool = pool;
        epoll.add(wake.fd(), WAKE);
    }

    @Override
    public String kind() {
        return "epoll";
    }

    @Override
    public void add(Port port) {
        DescriptorPort added = (DescriptorPort) port;
        added.sendBy(queue);
        ports[added.id()] = added;
        epoll.add(added.fd(), added.id());
    }

    @Override
    public void remove(Port port) {
        epoll.remove(((DescriptorPort) port).fd());
        ports[port.id()] = null;
        Frame[] one = new Frame[1];
        while (port.receive(one, 0, 1) > 0) {
            pool.free(one[0]);
        }
    }

    @Override
    public int await(Port[] ready, long timeoutNs) {
        int events = epoll.await(0);
        if (events == 0 && timeoutNs != 0) {
            events = sleep(timeoutNs);
        }
        int count = 0;
        for (int i = 0; i < events; i++) {
            int token = epoll.token(i);
            if (token == WAKE) {
                wake.drain();
            } else if (ports[token] != null && fetch(ports[token])) {
                ready[count++] = ports[token];
            }
        }
        return count;
    }

    private int sleep(long timeoutNs) {
        if (spin.isWorthwhile()) {
            for (int i = 0; i < SPINS; i++) {
                int events = epoll.await(0);
                if (events > 0) {
                    spin.outcome(true);
                    return events;
                }
                Thread.onSpinWait();
            }
            spin.outcome(false);
        }
        return epoll.await(timeoutNs < 0 ? -1 : (int) Math.max(1, timeoutNs / 1_000_000));
    }

    private boolean fetch(DescriptorPort port) {
        for (int i = 0; i < Worker.SHARE && pool.available() > RESERVE; i++) {
            Frame frame = pool.take();
            int bytes = read(port, frame);
            if (bytes <= VirtioNetHdr.LENGTH) {
                pool.free(frame);
                if (bytes < 0
                        && bytes != -Errno.EAGAIN
                        && bytes != -Errno.EINTR
                        && bytes != -Errno.ENETDOWN) {
                    epoll.remove(port.fd()); // the device is gone: it would be reported as readable
                    // for ever
                }
                break;
            }
            int tag = port.hasTagsBeside() ? message.tag() : Frame.UNTAGGED;
            frame.received(port, 0, bytes, tag);
            port.fetched(frame);
        }
        return port.waiting() > 0;
    }

    private int read(DescriptorPort port, Frame frame) {
        return port.hasTagsBeside()
                ? message.receive(port.fd(), frame.receiveAddress(), Frame.RECEIVE_CAPACITY)
                : port.fd().read(frame.receiveAddress(), Frame.RECEIVE_CAPACITY);
    }

    @Override
    public void flush() {
        for (int i = 0; i < queue.size; i++) {
            Frame frame = queue.frames[i];
            DescriptorPort port = (DescriptorPort) frame.egress;
            int length = frame.length + VirtioNetHdr.LENGTH;
            int result = port.writer(frame).write(frame.sendAddress(), length);
            frame.unsent = port.outcome(frame, result);
        }
        queue.size = 0;
    }

    @Override
    public void wake() {
        wake.signal();
    }

    @Override
    public void close() {
        epoll.close();
        message.close();
        wake.close();
    }
}
