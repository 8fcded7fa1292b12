package io.virtdataplane.daemon.guest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads answers of a guest agent (QEMU, qga/qapi-schema.json). All of it is the guest's word:
 * sizes, depth and counts are bounded, what is no address is left out, and text is made printable.
 */
final class AgentAnswers {
    /** Longest answer in bytes: some 500 interfaces. */
    static final int LONGEST = 256 * 1024;

    /** More of either are left out. */
    static final int MOST_INTERFACES = 256;

    static final int MOST_ADDRESSES = 64;

    /** Of all interfaces: they travel in each listing. */
    static final int MOST_IN_ALL = 512;

    /** Windows has the longest: NDIS_IF_MAX_STRING_SIZE. */
    static final int LONGEST_NAME = 256;

    private static final int LONGEST_ADDRESS = 64;
    private static final int MAC_LENGTH = 17;
    private static final int LONGEST_REASON = 200;
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;
    private static final int LOOPBACK4 = 127;
    private static final int MULTICAST4 = 224;
    private static final ObjectMapper JSON =
            new ObjectMapper(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxDocumentLength(LONGEST)
                                                    .maxTokenCount(40_000)
                                                    .maxNestingDepth(16)
                                                    .maxNameLength(256)
                                                    .maxStringLength(4096)
                                                    .maxNumberLength(32)
                                                    .build())
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private AgentAnswers() {}

    static JsonNode parse(byte[] line, int length) throws IOException {
        return JSON.readTree(line, 0, length);
    }

    /** What {@code guest-network-get-interfaces} returns; one that has no name is left out. */
    static List<AgentInterface> interfaces(JsonNode returned, long nowMs) throws IOException {
        if (!returned.isArray()) {
            throw new IOException("its answer is no list of interfaces");
        }
        List<AgentInterface> interfaces = new ArrayList<>();
        int left = MOST_IN_ALL;
        for (JsonNode one : returned) {
            String name = one.path("name").asText();
            boolean isNamed = !name.isBlank() && name.length() <= LONGEST_NAME;
            if (isNamed && !name.equals("lo") && interfaces.size() < MOST_INTERFACES) {
                String mac = mac(one.path("hardware-address").asText());
                int most = Math.min(left, MOST_ADDRESSES);
                List<KnownAddress> addresses =
                        addresses(one.path("ip-addresses"), mac, most, nowMs);
                left -= addresses.size();
                interfaces.add(new AgentInterface(printable(name), mac, addresses));
            }
        }
        return interfaces;
    }

    private static String mac(String text) {
        try { // InfiniBand has 20 bytes
            return text.length() == MAC_LENGTH ? AddressText.mac(AddressText.mac(text)) : "";
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static List<KnownAddress> addresses(JsonNode list, String mac, int most, long nowMs) {
        List<KnownAddress> addresses = new ArrayList<>();
        for (JsonNode one : list) {
            String address = address(one.path("ip-address").asText());
            if (!address.isEmpty() && addresses.size() < most) {
                int bits = address.indexOf(':') >= 0 ? IPV6_BITS : IPV4_BITS;
                int prefix = one.path("prefix").asInt(0);
                addresses.add(
                        new KnownAddress(
                                address,
                                prefix < 0 || prefix > bits ? 0 : prefix,
                                AddressSource.AGENT,
                                mac,
                                nowMs));
            }
        }
        return addresses;
    }

    /** As RFC 5952 has it, without a zone; empty: it is none that a station may have. */
    private static String address(String text) {
        try {
            if (text.length() > LONGEST_ADDRESS) {
                return "";
            }
            long[] address = AddressText.ip(text.replaceFirst("%.*", ""));
            return isUnicast(address[0], address[1]) ? AddressText.ip(address[0], address[1]) : "";
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static boolean isUnicast(long high, long low) {
        if (Ip.isMapped(high, low)) {
            int first = Ip.ipv4(low) >>> 24;
            return first != 0 && first != LOOPBACK4 && first < MULTICAST4;
        }
        boolean isNoneOrLoopback = high == 0 && (low == 0 || low == 1);
        return !isNoneOrLoopback && !Ip.isMulticast6(high);
    }

    /** What the guest says of a failure, short and printable. */
    static String reason(JsonNode error) {
        String words = error.path("class").asText() + ": " + error.path("desc").asText();
        return printable(words.substring(0, Math.min(words.length(), LONGEST_REASON)));
    }

    /** Neither a terminal nor a log takes it for more than text. */
    private static String printable(String text) {
        return text.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Co}\\p{Cs}\\p{Zl}\\p{Zp}]", "?");
    }
}
