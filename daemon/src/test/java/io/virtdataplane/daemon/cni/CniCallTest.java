package io.virtdataplane.daemon.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.daemon.cni.CniPlugin.Answer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the plugin's executable sends, whole and otherwise. */
class CniCallTest {
    private static final byte[] WHOLE =
            "CNI_COMMAND=ADD\0CNI_ARGS=A=1;B=2\0\0{\"name\":\"n\"}"
                    .getBytes(StandardCharsets.UTF_8);

    @Test
    void environmentAndInputAreTold() {
        CniCall call = CniCall.read(WHOLE);
        assertThat(call.command()).isEqualTo("ADD");
        assertThat(call.variable(CniVariable.CNI_ARGS)).isEqualTo("A=1;B=2");
        assertThat(call.input()).isEqualTo("{\"name\":\"n\"}");
        assertThat(call.ifname()).isEmpty();
    }

    @Test
    void whateverComesIsAnsweredInTheFormOfTheSpecification() {
        CniPlugin plugin = new CniPlugin(Map.of());
        Random random = new Random(20261127);
        for (int i = 0; i < 20_000; i++) {
            byte[] message = WHOLE.clone();
            for (int change = 0; change < random.nextInt(5); change++) {
                message[random.nextInt(message.length)] = (byte) random.nextInt(256);
            }
            Answer answer = plugin.run(CniCall.read(message));
            assertThat(answer.exitCode()).isEqualTo(1);
            assertThat(answer.output()).contains("\"code\":").contains("\"msg\":");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "MAC=02:00:00:00:00:01;K8S_POD_NAME=a, 02:00:00:00:00:01",
        "IgnoreUnknown=1;X=y;MAC=m, m",
        "IgnoreUnknown=true;X=y, ''",
        "'', ''"
    })
    void argumentsAreRead(String text, String mac) {
        assertThat(CniArguments.parse(text).mac()).isEqualTo(mac);
    }

    @ParameterizedTest
    @CsvSource({
        "MAC, ARGS: invalid pair",
        "A=b=c, ARGS: invalid pair",
        "X=y;W=z, 'ARGS: unknown args [W, X]'",
        "IgnoreUnknown=0;X=y, ARGS: unknown args"
    })
    void wrongArgumentsAreNamed(String text, String message) {
        assertThatThrownBy(() -> CniArguments.parse(text))
                .isInstanceOf(CniException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({
        "default, web-1, web-1",
        "prod, web-1, prod.web-1",
        "'', web-1, web-1",
        "'', '', 0123456789ab"
    })
    void machineIsCalledAfterThePod(String namespace, String pod, String expected) {
        CniCall call = new CniCall(Map.of("CNI_CONTAINERID", "0123456789ABcdef"), "");
        String args = "K8S_POD_NAMESPACE=" + namespace + ";K8S_POD_NAME=" + pod;
        assertThat(CniMachine.name(call, CniArguments.parse(args))).isEqualTo(expected);
    }
}
