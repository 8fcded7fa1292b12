package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example of api/README.md, run as it says, against a daemon. */
@RootTest
@Timeout(120)
class ApiExampleE2eTest {
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    private Shell.Result example(String... arguments) {
        String[] java = {
            ProcessHandle.current().info().command().orElseThrow(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            "../client/target/lib/*",
            "../api/example/Nics.java",
            lab.socket()
        };
        return lab.shell.run(
                Stream.of(java, arguments).flatMap(Arrays::stream).toArray(String[]::new));
    }

    @Test
    void exampleAttachesListsAndNamesTheFieldThatIsWrong() {
        lab.daemon();
        String named = "metadata: {name: vm}\n" + Lab.CHAPTER;
        String wrong = named.replace("port: 80\n", "port: 80000\n");
        Shell.Result refused = example(lab.manifest(wrong).toString(), lab.pod);
        assertThat(refused.code()).isEqualTo(1);
        String field = "spec.domain.devices.interfaces[0].ports[0].port";
        assertThat(refused.out())
                .contains("field " + field + "\n")
                .contains("VirtualMachine default/vm: " + field + " must be ")
                .contains("port=80000");
        Shell.Result attached = example(lab.manifest(named).toString(), lab.pod);
        assertThat(attached.out()).contains("vm/default guest=10.0.2.2 pod=10.244.1.5");
        assertThat(example().out()).contains("vm/default guest=10.0.2.2 pod=10.244.1.5");
    }
}
