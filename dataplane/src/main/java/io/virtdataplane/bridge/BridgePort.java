package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.BridgeVif;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Port;
import io.virtdataplane.dataplane.SeenAddresses;
import io.virtdataplane.dataplane.StormRates;
import io.virtdataplane.dataplane.Switch;
import java.util.Optional;

/** A port of a {@link Bridge}, with its counters. Worker's thread. */
public final class BridgePort extends BridgeVif {
    final int index;
    final StationGuard guard;
    final KernelPort kernel;
    private final SeenAddresses seen = new SeenAddresses();
    PortPolicy policy;
    StormControl storm;
    private volatile StormRates stormRates;
    private long withheld;

    /** How often the guest's own address came back from another port. */
    int cameBack;

    /** Frames of more stations than may be learned. */
    long unlearned;

    private final Port port;
    private final Bridge bridge;

    BridgePort(int id, String name, int index, Bridge bridge, BridgePortPlan plan) {
        super(id, name);
        this.index = index;
        this.bridge = bridge;
        this.port = plan.port();
        this.policy = plan.policy();
        this.guard = new StationGuard(plan.guard());
        this.kernel = plan.kernel();
        limit(guard.isOfManyStations() ? StormRates.NONE : StormRates.DEFAULT);
    }

    @Override
    protected void limit(StormRates storms) {
        storm = new StormControl(storms);
        stormRates = storms;
    }

    @Override
    public Optional<StormRates> stormRates() {
        return Optional.of(stormRates);
    }

    @Override
    public Port port() {
        return port;
    }

    @Override
    public Switch bridge() {
        return bridge;
    }

    /** Whoever looks at the port's frames is to see all of them. */
    @Override
    protected void looked() {
        bridge.release(this);
    }

    /** The kernel may carry nothing of it. */
    boolean isHeld() {
        return isWalked();
    }

    @Override
    protected void collect() {
        bridge.collect();
    }

    /** Frames that came in here and were sent on without a walk. */
    void sentPast(long frames, long bytes, long gso) {
        counters.carriedIn(frames, bytes, gso);
    }

    /** Frames that left here without a walk. */
    void gotPast(long frames, long bytes) {
        counters.toGuestFrames += frames;
        counters.toGuestBytes += bytes;
    }

    public PortPolicy policy() {
        return policy;
    }

    /** The port's flags or its MTU do not let the frame out, or no copy could be made. */
    void withhold(Frame frame) {
        withheld += frame.isDryRun() ? 0 : 1;
    }

    /** Frames that were not sent here. */
    public long withheld() {
        return withheld;
    }

    public long unlearned() {
        return unlearned;
    }

    /**
     * Notes what the guest behind the port uses; other stations' addresses are not kept, nor one
     * that it only asks for.
     */
    void look(Frame frame, long nowNs) {
        if (!guard.isOfManyStations() && !guard.onlyAsksForItsSource(frame)) {
            seen.look(frame, nowNs);
        }
    }

    /** What the guest was seen to use; nothing of an uplink. */
    public SeenAddresses seen() {
        return seen;
    }

    /** The IPv4 address that DHCP gave the station here, or 0. */
    public int leasedAddress() {
        return guard.leasedAddress();
    }
}
