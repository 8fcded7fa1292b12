package io.virtdataplane.dataplane;

/** A port of a bridge, as the worker sees it: its frames are walked by the bridge. */
public abstract class BridgeVif extends Vif {
    protected BridgeVif(int id, String name) {
        super(id, name);
    }

    public abstract Port port();

    /** The bridge it belongs to. */
    public abstract Switch bridge();

    @Override
    final boolean isGuestSide(Port ingress) {
        return true;
    }

    @Override
    final Port ingress(boolean fromGuest) {
        return port();
    }
}
