package io.virtdataplane.e2e;

import io.virtdataplane.bridge.Bridge;
import io.virtdataplane.bridge.BridgePolicy;
import io.virtdataplane.bridge.BridgePort;
import io.virtdataplane.bridge.BridgePortPlan;
import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.dataplane.Clock;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.port.DescriptorPort;
import io.virtdataplane.port.PacketPort;
import io.virtdataplane.port.Pollers;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.Mapping;
import io.virtdataplane.sys.Netns;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * A bridge and its worker, without the daemon: ports may be as no manifest can make them. Its ports
 * are the devices p0, p1 and so on of a network namespace.
 */
final class OwnBridge implements AutoCloseable {
    private static final int FRAMES = 1024;
    private static final int ANSWER_SECONDS = 5;
    private final Bridge bridge = new Bridge("own", BridgePolicy.DEFAULT, 1024);
    private final List<DescriptorPort> devices = new ArrayList<>();
    private final List<BridgePort> ports = new ArrayList<>();
    private final CompletableFuture<Worker> started = new CompletableFuture<>();
    private final Thread thread;

    OwnBridge(String node, List<VlanPort> settings) {
        thread = Thread.ofPlatform().name("own-bridge").start(this::run);
        ask(
                worker -> {
                    worker.attach(bridge);
                    return null;
                });
        try (Netns netns = Netns.open(node)) {
            for (VlanPort port : settings) {
                add(netns, port);
            }
        }
    }

    private void run() {
        try (Mapping memory = Mapping.anonymous(FramePool.bytes(FRAMES))) {
            FramePool pool = new FramePool(memory.segment(), FRAMES);
            Worker worker =
                    new Worker(
                            Pollers.open(Pollers.Kind.AUTO, pool),
                            pool,
                            Clock.SYSTEM,
                            new EventRing());
            started.complete(worker);
            worker.run();
        } catch (RuntimeException e) {
            started.completeExceptionally(e);
            throw e;
        }
    }

    private void add(Netns netns, VlanPort settings) {
        int number = devices.size();
        String name = "p" + number;
        DescriptorPort device = PacketPort.open(2 * number, netns, name, Bpf.Mechanism.AUTO);
        devices.add(device);
        BridgePortPlan plan =
                new BridgePortPlan(number, name, device, settings.policy(), GuardPolicy.NONE);
        ports.add(
                ask(
                        worker -> {
                            BridgePort port = bridge.add(plan);
                            worker.attach(port);
                            return port;
                        }));
    }

    void change(List<VlanPort> settings) {
        ask(
                worker -> {
                    for (int i = 0; i < settings.size(); i++) {
                        bridge.change(ports.get(i), settings.get(i).policy());
                    }
                    return null;
                });
    }

    private <T> T ask(Function<Worker, T> query) {
        try {
            return started.join().call(query).await(ANSWER_SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        ask(
                worker -> {
                    ports.forEach(worker::detach);
                    return null;
                });
        started.join().stop();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        devices.forEach(DescriptorPort::close);
    }
}
