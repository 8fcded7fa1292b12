package io.virtdataplane.nat;

import io.virtdataplane.wire.Protocols;

/** The lab's addresses of one family, for tests that hold for both. */
enum Family {
    IPV4(
            Bench.GUEST,
            Bench.GATEWAY,
            Bench.POD,
            "203.0.113.7",
            "198.51.100.9",
            "198.51.100.1",
            Protocols.ICMP,
            20),
    IPV6(
            Bench.GUEST6,
            Bench.GATEWAY6,
            Bench.POD6,
            "2001:db8::7",
            "2001:db8:9::9",
            "2001:db8:1::1",
            Protocols.ICMPV6,
            40);

    final String guest;
    final String gateway;
    final String pod;
    final String web;
    final String other;
    final String router;
    final int icmp;
    final int ipHeader;

    Family(
            String guest,
            String gateway,
            String pod,
            String web,
            String other,
            String router,
            int icmp,
            int ipHeader) {
        this.guest = guest;
        this.gateway = gateway;
        this.pod = pod;
        this.web = web;
        this.other = other;
        this.router = router;
        this.icmp = icmp;
        this.ipHeader = ipHeader;
    }

    /** As {@link Packets#flow} writes it. */
    String at(String address, int port) {
        return (this == IPV6 ? "[" + address + "]" : address) + ":" + port;
    }

    String outward(int outsidePort, String remote, int remotePort) {
        return at(pod, outsidePort) + " > " + at(remote, remotePort);
    }

    String inward(String remote, int remotePort, int insidePort) {
        return at(remote, remotePort) + " > " + at(guest, insidePort);
    }

    boolean isIpv6() {
        return this == IPV6;
    }
}
