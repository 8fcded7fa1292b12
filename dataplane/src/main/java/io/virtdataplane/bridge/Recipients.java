package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.VirtioNetHdr;
import io.virtdataplane.wire.Vlan;

/**
 * Which ports get a frame to many: the members of its group, where that is known, or all of the
 * VLAN. Worker's thread.
 */
final class Recipients {
    private final BridgePort[] ports;
    private final Floods floods = new Floods();
    private final BridgePort[] chosen = new BridgePort[Bridge.MAX_PORTS];
    private final int[] members = new int[Bridge.MAX_PORTS];
    private BridgePolicy policy;
    private Snooping snooping; // null: off
    private int count;
    private Verdict refusal; // of the last port that would take the frame but for one thing

    /** {@code ports}: the bridge's, by their numbers. */
    Recipients(BridgePolicy policy, BridgePort[] ports) {
        this.policy = policy;
        this.ports = ports;
        this.snooping = snooping(policy);
    }

    private static Snooping snooping(BridgePolicy policy) {
        return policy.groups().snooping() ? new Snooping(policy.groups().most()) : null;
    }

    /** FLOODED, MULTICAST, or why nobody gets the frame. */
    Verdict choose(Frame frame, BridgePort ingress, int vlan, long nowNs) {
        long destination = Ethernet.dst(frame.data, frame.start);
        boolean isToGroup = Ethernet.isGroup(destination) && destination != Ethernet.BROADCAST;
        if (snooping == null || !isToGroup) {
            return flood(frame, ingress, vlan, nowNs);
        }
        int found = snooping.members(frame, ingress, vlan, nowNs, members);
        return switch (found) {
            case Snooping.EVERYBODY -> flood(frame, ingress, vlan, nowNs);
            case Snooping.MALFORMED -> Verdict.DROP_MALFORMED;
            default -> toMembers(frame, ingress, vlan, nowNs, found);
        };
    }

    private Verdict flood(Frame frame, BridgePort ingress, int vlan, long nowNs) {
        long destination = Ethernet.dst(frame.data, frame.start);
        begin(Verdict.DROP_NO_PORT);
        for (BridgePort port : floods.of(vlan, policy.vlanFiltering(), ports)) {
            if (port == ingress && !port.policy.has(PortFlag.HAIRPIN)) {
                continue;
            }
            if (isFlooded(port.policy, destination)) {
                offer(port, ingress, frame, nowNs);
            } else {
                port.withhold(frame);
            }
        }
        frame.note(Step.FLOODED, count, vlan);
        return count == 0 ? refusal : Verdict.FLOODED;
    }

    private static boolean isFlooded(PortPolicy out, long destination) {
        if (destination == Ethernet.BROADCAST) {
            return out.has(PortFlag.BROADCAST_FLOOD);
        }
        return out.has(Ethernet.isGroup(destination) ? PortFlag.MULTICAST_FLOOD : PortFlag.FLOOD);
    }

    /** Who has joined gets it, whether or not the port's flags let floods out. */
    private Verdict toMembers(Frame frame, BridgePort ingress, int vlan, long nowNs, int found) {
        begin(Verdict.DROP_NO_MEMBER);
        for (int i = 0; i < found; i++) {
            BridgePort port = ports[members[i]];
            boolean isElsewhere =
                    port == ingress && !port.policy.has(PortFlag.HAIRPIN)
                            || policy.vlanFiltering() && !port.policy.vlans().members().has(vlan);
            if (!isElsewhere) {
                offer(port, ingress, frame, nowNs);
            }
        }
        frame.note(Step.TO_GROUP, count, vlan);
        return count == 0 ? refusal : Verdict.MULTICAST;
    }

    /** {@code nobody}: the verdict where there is no port to offer the frame to. */
    private void begin(Verdict nobody) {
        count = 0;
        refusal = nobody;
    }

    private void offer(BridgePort egress, BridgePort ingress, Frame frame, long nowNs) {
        if (ingress.policy.has(PortFlag.ISOLATED) && egress.policy.has(PortFlag.ISOLATED)) {
            refusal = Verdict.DROP_ISOLATED;
            egress.withhold(frame);
        } else if (isTooBig(frame, egress)) {
            refusal = Verdict.DROP_TOO_BIG;
            egress.withhold(frame);
        } else if (!egress.mayGet(frame, nowNs)) {
            refusal = Verdict.DROP_INGRESS_RATE;
            egress.withhold(frame);
        } else {
            chosen[count++] = egress;
        }
    }

    /** net/bridge/br_forward.c: a tag is not counted, and GSO frames are exempt. */
    static boolean isTooBig(Frame frame, BridgePort egress) {
        return frame.length > egress.policy.mtu() + Ethernet.HEADER + Vlan.TAG
                && !VirtioNetHdr.isGso(frame.data, frame.vnet());
    }

    /** How many were chosen. */
    int count() {
        return count;
    }

    BridgePort at(int i) {
        return chosen[i];
    }

    boolean age(long nowNs) {
        return snooping != null && snooping.age(nowNs);
    }

    /** Ports or their VLANs are others now. */
    void changed() {
        floods.forget();
    }

    void forget(BridgePort port) {
        floods.forget();
        if (snooping != null) {
            snooping.forget(port);
        }
    }

    void change(BridgePolicy changed) {
        boolean snoopsOtherwise =
                changed.vlanFiltering() != policy.vlanFiltering()
                        || !changed.groups().equals(policy.groups());
        if (snoopsOtherwise) {
            snooping = snooping(changed); // of no querier it knows yet, so groups are flooded
        }
        policy = changed;
        floods.forget();
    }

    /** Nothing where snooping is off. */
    void forEachMember(long nowNs, Groups.Reader reader) {
        if (snooping != null) {
            snooping.groups().forEach(nowNs, reader);
        }
    }
}
