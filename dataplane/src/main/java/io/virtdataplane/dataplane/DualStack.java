package io.virtdataplane.dataplane;

/** A NIC's addresses of both families, of which one may be off. */
public record DualStack(Addresses ipv4, Addresses ipv6) {
    /** Of the frame's family, which is IPv4 or IPv6. */
    public Addresses of(Frame frame) {
        return frame.isIpv4() ? ipv4 : ipv6;
    }
}
