package io.virtdataplane.cloudinit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Network data of version 1, and what is of no version. */
class NetworkDataVersionTest {
    @Test
    void versionOneIsCheckedForItsStructureOnlyAndSaysSo() {
        String data =
                """
                version: 1
                config:
                  - type: physical
                    name: eth0
                    subnets: [{type: dhcp}]
                  - {type: nameserver, address: 10.0.0.1}
                """;
        NetworkDataCheck.Result result = NetworkDataCheck.file(data, NetworkDataCheckTest.MACHINE);
        assertThat(result.problems()).isEmpty();
        assertThat(result.summary())
                .isEqualTo(
                        "network data is valid: 1 interface (version 1: only its structure was checked)");
        assertThat(NetworkDataCheckTest.problems(data.replace("name: eth0", "label: eth0")))
                .containsExactly("line 3: config[0].name must be given: name=");
        assertThat(NetworkDataCheckTest.problems(data.replace("type: physical", "type: cable")))
                .singleElement()
                .asString()
                .startsWith("line 3: config[0].type must be one of physical");
        assertThat(NetworkDataCheckTest.problems("version: 1"))
                .containsExactly("line 1: config must be a list of devices: config=");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "ethernets: {} | line 1: version must be 1 or 2: version=",
                "version: 3 | line 1: version must be 1 or 2: version=3",
                "version: '2' | line 1: version must be 1 or 2: version=2",
                "[] | line 1: network data must be a mapping: found=sequence",
                "'' | line 1: network data must be a mapping: found=scalar",
                "a: [ | line 1: network data must be valid YAML",
                "&a [*a] | line 1: network data must be a mapping"
            })
    void whatIsNoNetworkDataIsRefused(String data, String message) {
        assertThat(NetworkDataCheckTest.problems(data))
                .singleElement()
                .asString()
                .startsWith(message);
    }
}
