package io.virtdataplane.daemon.nic;

import io.virtdataplane.daemon.state.Sealed;
import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.wire.AddressText;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The sessions of a NIC on their way to another node. Each line is there once; what follows is the
 * layout of the NAT's own.
 *
 * <pre>
 *   "# sha256: HEX\n"    "virt-dataplane sessions 1 now=NS for=GUEST=POD,GUEST=POD\n"    content
 * </pre>
 *
 * @param nowNs the clock of the node that wrote it
 * @param addresses they hold for: of the guest and its pod, of each family
 */
record SessionFile(long nowNs, String addresses, byte[] content) {
    /** Longer ones are refused: some 200,000 sessions, all of them by Services. */
    static final int MOST = 20 << 20;

    private static final int LONGEST_LINE = 200;
    private static final Pattern LINE =
            Pattern.compile(
                    "virt-dataplane sessions (\\d{1,9}) now=(-?\\d{1,18}) for=([0-9a-f.:=,]+)");
    private static final String VERSION = "1";

    /** What sessions of a NIC hold for. */
    static String addresses(Addresses ipv4, Addresses ipv6) {
        return Stream.of(ipv4, ipv6)
                .map(
                        each ->
                                AddressText.ip(each.guestHigh(), each.guestLow())
                                        + "="
                                        + AddressText.ip(each.podHigh(), each.podLow()))
                .collect(Collectors.joining(","));
    }

    byte[] write() {
        String line = "virt-dataplane sessions " + VERSION + " now=" + nowNs + " for=" + addresses;
        byte[] head = (line + "\n").getBytes(StandardCharsets.US_ASCII);
        byte[] whole = Arrays.copyOf(head, head.length + content.length);
        System.arraycopy(content, 0, whole, head.length, content.length);
        return Sealed.seal(whole);
    }

    /** Throws IllegalArgumentException where they are something else, or not whole. */
    static SessionFile read(byte[] bytes) {
        if (bytes.length > MOST) {
            throw new IllegalArgumentException(
                    "sessions must be at most " + MOST + " bytes: bytes=" + bytes.length);
        }
        if (bytes.length == 0 || !Sealed.isSealed(bytes)) {
            throw new IllegalArgumentException(
                    "sessions must be what session export has written: bytes=" + bytes.length);
        }
        byte[] whole;
        try {
            whole = Sealed.open(bytes);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "sessions must be whole, their checksum does not match: bytes=" + bytes.length,
                    e);
        }
        int end = 0;
        while (end < Math.min(whole.length, LONGEST_LINE) && whole[end] != '\n') {
            end++;
        }
        Matcher line = LINE.matcher(new String(whole, 0, end, StandardCharsets.US_ASCII));
        if (!line.matches()) {
            throw new IllegalArgumentException(
                    "sessions must be what session export has written: bytes=" + bytes.length);
        }
        if (!line.group(1).equals(VERSION)) {
            throw new IllegalArgumentException(
                    "sessions must be of version " + VERSION + ": version=" + line.group(1));
        }
        return new SessionFile(
                Long.parseLong(line.group(2)),
                line.group(3),
                Arrays.copyOfRange(whole, Math.min(end + 1, whole.length), whole.length));
    }
}
