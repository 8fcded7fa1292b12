package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
    private static final List<String> WORDS =
            List.of("port", "name", "interfaces", "metaPlugins", "mtu", "vlan", "vlanQoS");

    @ParameterizedTest
    @CsvSource({
        "prot, port",
        "ports, port",
        "nmae, name",
        "interface, interfaces",
        "Interfaces, interfaces",
        "metaPluginsConfig, metaPlugins",
        "vlanqos, vlanQoS",
        "mt, mtu",
        "bond, ''",
        "x, ''",
        "configuration, ''"
    })
    void mistypedWordIsFound(String word, String nearest) {
        assertThat(Nearest.of(word, WORDS).orElse("")).isEqualTo(nearest);
    }
}
