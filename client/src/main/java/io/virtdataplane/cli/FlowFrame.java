package io.virtdataplane.cli;

import io.virtdataplane.api.Nic;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a frame of words such as {@code tcp 198.51.100.9:5000 > pod:80} or {@code udp guest:40000 >
 * 2001:db8::1 53}: the first frame of such a flow. "guest", "gateway" and "pod" stand for the NIC's
 * addresses of the other side's family.
 */
final class FlowFrame {
    private static final Pattern FLOW =
            Pattern.compile(
                    "(tcp|udp|icmp|ping)\\s+(\\S+)\\s*>\\s*(\\S+)", Pattern.CASE_INSENSITIVE);
    private static final Pattern ENDPOINT =
            Pattern.compile(
                    "(?:\\[([^\\]]+)\\]|([^:\\[\\]]+))(?::(\\d{1,5}))?|([0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)");
    private static final int LENGTH = 64;
    private static final int L3 = Ethernet.HEADER;

    private record Endpoint(long high, long low, int port) {}

    private FlowFrame() {}

    static byte[] of(String text, Nic nic) {
        Matcher matcher = FLOW.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "flow must be 'tcp|udp|icmp ADDRESS[:PORT] > ADDRESS[:PORT]': flow=" + text);
        }
        boolean ipv6 = isIpv6(matcher.group(2)) || isIpv6(matcher.group(3));
        Endpoint src = endpoint(matcher.group(2), nic, ipv6);
        Endpoint dst = endpoint(matcher.group(3), nic, ipv6);
        if (Ip.isMapped(src.high(), src.low()) != Ip.isMapped(dst.high(), dst.low())) {
            throw new IllegalArgumentException(
                    "flow must have two addresses of one family: flow=" + text);
        }
        byte[] frame = new byte[LENGTH + (ipv6 ? Ipv6.HEADER : Ipv4.HEADER)];
        MemorySegment b = MemorySegment.ofArray(frame);
        long mac =
                nic.getGuestMac().isEmpty()
                        ? 0x0200_0000_0001L
                        : AddressText.mac(nic.getGuestMac());
        Ethernet.addresses(b, 0, AddressText.mac(nic.getGatewayMac()), mac);
        ip(b, frame.length, matcher.group(1).toLowerCase(Locale.ROOT), src, dst);
        return frame;
    }

    /** The data plane has sent the frame itself: an answer, or one it forwarded to the guest. */
    static boolean isFromGateway(byte[] frame, Nic nic) {
        return frame.length >= L3
                && Ethernet.src(MemorySegment.ofArray(frame), 0)
                        == AddressText.mac(nic.getGatewayMac());
    }

    /** The frame's source is the guest's address, or it is no IP packet at all. */
    static boolean isFrom(byte[] frame, Nic nic) {
        MemorySegment b = MemorySegment.ofArray(frame);
        if (frame.length < L3 + Ipv6.HEADER) {
            return true;
        }
        return switch (Ethernet.type(b, 0)) {
            case Ethernet.IPV4 -> AddressText.ipv4(Ipv4.src(b, L3)).equals(nic.getGuestAddress());
            case Ethernet.IPV6 ->
                    AddressText.ip(Ipv6.srcHigh(b, L3), Ipv6.srcLow(b, L3))
                            .equals(nic.getGuestIpv6Address());
            default -> true;
        };
    }

    private static boolean isIpv6(String endpoint) {
        return endpoint.startsWith("[") || endpoint.chars().filter(c -> c == ':').count() > 1;
    }

    private static void ip(MemorySegment b, int length, String kind, Endpoint src, Endpoint dst) {
        boolean ipv4 = Ip.isMapped(src.high(), src.low());
        int l4 = L3 + (ipv4 ? Ipv4.HEADER : Ipv6.HEADER);
        int protocol =
                switch (kind) {
                    case "tcp" -> Protocols.TCP;
                    case "udp" -> Protocols.UDP;
                    default -> ipv4 ? Protocols.ICMP : Protocols.ICMPV6;
                };
        Ethernet.type(b, 0, ipv4 ? Ethernet.IPV4 : Ethernet.IPV6);
        int body = protocol == Protocols.TCP ? Tcp.HEADER : length - l4;
        if (ipv4) {
            Ipv4.emit(b, L3, l4 - L3 + body, protocol, Ip.ipv4(src.low()), Ip.ipv4(dst.low()));
        } else {
            Ipv6.emit(b, L3, body, protocol, 64);
            Ipv6.src(b, L3, src.high(), src.low());
            Ipv6.dst(b, L3, dst.high(), dst.low());
        }
        long pseudo =
                ipv4
                        ? Checksum.pseudo4(Ip.ipv4(src.low()), Ip.ipv4(dst.low()), protocol, body)
                        : Checksum.pseudo6(b, L3, protocol, body);
        switch (protocol) {
            case Protocols.TCP -> Tcp.emit(b, l4, src.port(), dst.port(), Tcp.SYN, 1, 0, pseudo);
            case Protocols.UDP -> Udp.emit(b, l4, src.port(), dst.port(), body, pseudo);
            case Protocols.ICMP -> Icmp.emit(b, l4, Icmp.ECHO_REQUEST, 0, src.port() << 16, body);
            default -> {
                Icmpv6.emit(b, l4, Icmpv6.ECHO_REQUEST, 0, src.port() << 16);
                Icmpv6.checksumAnew(b, L3, l4, body);
            }
        }
    }

    private static Endpoint endpoint(String text, Nic nic, boolean ipv6) {
        Matcher matcher = ENDPOINT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "flow must have endpoints such as 192.0.2.1:80, [2001:db8::1]:80, guest:80 or pod:80: endpoint="
                            + text);
        }
        String host =
                matcher.group(1) != null
                        ? matcher.group(1)
                        : matcher.group(2) != null ? matcher.group(2) : matcher.group(4);
        String address =
                switch (host) {
                    case "guest" -> ipv6 ? nic.getGuestIpv6Address() : nic.getGuestAddress();
                    case "gateway" -> ipv6 ? nic.getGatewayIpv6Address() : nic.getGatewayAddress();
                    case "pod" -> ipv6 ? nic.getPodIpv6Address() : nic.getPodAddress();
                    default -> host;
                };
        int port = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
        if (port > 65_535) {
            throw new IllegalArgumentException("port must be 0-65535: port=" + port);
        }
        long[] parsed = AddressText.ip(address);
        return new Endpoint(parsed[0], parsed[1], port);
    }
}
