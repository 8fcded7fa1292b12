package io.virtdataplane.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All that a guest says is bounded and checked. */
class AgentAnswersTest {
    private static JsonNode parse(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return AgentAnswers.parse(bytes, bytes.length);
    }

    private static List<AgentInterface> read(String list) throws IOException {
        return AgentAnswers.interfaces(parse(list), 7);
    }

    @Test
    void interfacesAreReadAsAgentsHaveThem() throws IOException {
        List<AgentInterface> interfaces =
                read(
                        """
                        [{"name": "lo", "ip-addresses": [{"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8}]},
                         {"name": "Ethernet 2", "hardware-address": "52:54:00:AB:00:01", "statistics": {"rx-bytes": 1},
                          "ip-addresses": [{"ip-address": "10.0.2.2", "ip-address-type": "ipv4", "prefix": 24},
                                           {"ip-address": "FE80:0:0::1%12", "ip-address-type": "ipv6", "prefix": 64}]},
                         {"name": "sit0"}]""");
        assertThat(interfaces)
                .containsExactly(
                        new AgentInterface(
                                "Ethernet 2",
                                "52:54:00:ab:00:01",
                                List.of(
                                        new KnownAddress(
                                                "10.0.2.2",
                                                24,
                                                AddressSource.AGENT,
                                                "52:54:00:ab:00:01",
                                                7),
                                        new KnownAddress(
                                                "fe80::1",
                                                64,
                                                AddressSource.AGENT,
                                                "52:54:00:ab:00:01",
                                                7))),
                        new AgentInterface("sit0", "", List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "127.0.0.9",
                "224.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "ff02::1",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                "example.org",
                "",
                "::ffff:127.0.0.1",
                "fe80::1::2",
                "%%%"
            })
    void whatIsNoStationsAddressIsLeftOut(String text) throws IOException {
        String one = "[{\"name\":\"eth0\",\"ip-addresses\":[{\"ip-address\":\"%s\"}]}]";
        assertThat(read(one.formatted(text)).getFirst().addresses()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "33", "1e9", "\"x\"", "null", "99999999999"})
    void aPrefixThatCannotBeIsNotKnown(String prefix) throws IOException {
        String one =
                "[{\"name\":\"eth0\",\"ip-addresses\":[{\"ip-address\":\"192.0.2.1\",\"prefix\":%s}]}]";
        assertThat(read(one.formatted(prefix)).getFirst().addresses())
                .extracting(KnownAddress::prefixLength)
                .containsExactly(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "3", "null", "\"x\"", "true"})
    void anAnswerThatIsNoListIsRefused(String answer) {
        assertThatThrownBy(() -> read(answer)).isInstanceOf(IOException.class);
    }

    @Test
    void listItemsOfOtherTypesAreLeftOut() throws IOException {
        assertThat(
                        read(
                                """
                                [3, null, [], "x", {"name": 5, "ip-addresses": {"a": 1}},
                                 {"name": {}, "hardware-address": []}, {"name": " "}]"""))
                .containsExactly(new AgentInterface("5", "", List.of()));
    }

    @Test
    void countsAreBounded() throws IOException {
        String address = "{\"ip-address\":\"192.0.2.1\"},".repeat(100);
        String many = "{\"name\":\"eth0\",\"ip-addresses\":[]},".repeat(300);
        List<AgentInterface> interfaces =
                read("[{\"name\":\"eth9\",\"ip-addresses\":[" + address + "{}]}," + many + "{}]");
        assertThat(interfaces).hasSize(AgentAnswers.MOST_INTERFACES);
        assertThat(interfaces.getFirst().addresses()).hasSize(AgentAnswers.MOST_ADDRESSES);
    }

    @Test
    void namesArePrintableAndNoLongerThanAnyReal() throws IOException {
        String escape = "e\\u001b[31mt\\u202eh\\n0";
        String longest = "n".repeat(AgentAnswers.LONGEST_NAME);
        assertThat(
                        read(
                                "[{\"name\":\"%s\"},{\"name\":\"%s\"},{\"name\":\"%sx\"}]"
                                        .formatted(escape, longest, longest)))
                .extracting(AgentInterface::name)
                .containsExactly("e?[31mt?h?0", longest);
    }

    @Test
    void textTooLongTooDeepOrOfTooManyPartsIsNotRead() {
        assertThatThrownBy(() -> read("[\"" + "x".repeat(5000) + "\"]"))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> read("[".repeat(100) + "]".repeat(100)))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> read("[" + "1,".repeat(50_000) + "1]"))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> read("[" + "1".repeat(100) + "]")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> read("[] []")).isInstanceOf(IOException.class);
    }

    @Test
    void reasonOfAnErrorIsShortAndPrintable() throws IOException {
        String desc = "a\\u0007".repeat(500);
        JsonNode error = parse("{\"class\":\"GenericError\",\"desc\":\"" + desc + "\"}");
        assertThat(AgentAnswers.reason(error)).startsWith("GenericError: a?a?").hasSize(200);
    }
}
