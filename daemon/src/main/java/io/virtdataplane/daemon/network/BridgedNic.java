package io.virtdataplane.daemon.network;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.daemon.attach.AttachedNic;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.dataplane.Vif;
import io.virtdataplane.dataplane.VifState;
import java.util.List;

/** A guest's NIC on a bridge: a port of it. */
public final class BridgedNic implements AttachedNic {
    private final Bridges bridges;
    private final OpenPort port;
    private final String namespace;
    private final String givenMac;
    private final Runnable ended;

    /**
     * @param namespace of its machine, or empty
     * @param givenMac the address that the pool chose, or empty
     * @param ended gives its address back
     */
    BridgedNic(Bridges bridges, OpenPort port, String namespace, String givenMac, Runnable ended) {
        this.bridges = bridges;
        this.port = port;
        this.namespace = namespace;
        this.givenMac = givenMac;
        this.ended = ended;
    }

    public OpenPort port() {
        return port;
    }

    /** NAMESPACE/NAME of its NetworkAttachmentDefinition. */
    String network() {
        return port.spec().network();
    }

    @Override
    public String name() {
        return port.name();
    }

    @Override
    public String machine() {
        return name().substring(0, name().indexOf('/'));
    }

    @Override
    public String namespace() {
        return namespace;
    }

    @Override
    public boolean isOnPodNetwork() {
        return false;
    }

    @Override
    public WorkerThread worker() {
        return port.worker();
    }

    @Override
    public void lookAtQueues() {
        port.lookAtQueues();
    }

    @Override
    public Vif vif() {
        return port.vif();
    }

    @Override
    public String describe() {
        return "bridge=" + port.bridge().name() + " network=" + network();
    }

    @Override
    public AttachRequest kept(AttachRequest request) {
        return request.toBuilder().setGivenMac(givenMac).build();
    }

    @Override
    public String changed() {
        return port.deviceChange();
    }

    /** The station of a guest that has left is looked for on the bridge's other ports. */
    @Override
    public void state(VifState to) {
        ask(
                on -> {
                    vif().state(to);
                    if (to == VifState.DRAINED) {
                        port.bridge().bridge().forgetStations(port.port());
                    }
                    return null;
                });
    }

    /**
     * Tells the switches where the guest's station is, as after a migration. Never unasked: until
     * the guest has moved, its other node has the station.
     */
    @Override
    public String announce() {
        List<byte[]> frames = new StationAnnouncement(port).frames();
        ask(
                on -> {
                    frames.forEach(frame -> on.inject(port.port(), frame));
                    return null;
                });
        return "MAC address announced to the bridge: frames=" + frames.size();
    }

    /** Its tap, where we have made it, stays for the next run. */
    @Override
    public void leave() {
        bridges.leave(port);
        ended.run();
    }

    @Override
    public void close() {
        bridges.detach(port);
        ended.run();
    }
}
