package io.virtdataplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.api.AppliedObject;
import io.virtdataplane.api.LeftObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class NoticesTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private String said() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static AppliedObject object(String name, String... warnings) {
        return AppliedObject.newBuilder()
                .setKind("kind.group")
                .setName(name)
                .addAllWarnings(List.of(warnings))
                .build();
    }

    @Test
    void warningNamesItsObjectWhereThereAreSeveral() {
        AppliedObjects.warn(List.of(object("a", "spec.x is ignored: y")), err);
        AppliedObjects.warn(List.of(object("a", "one", "two"), object("b"), object("c", "z")), err);
        assertThat(said())
                .isEqualTo(
                        """
                        Warning: spec.x is ignored: y
                        Warning: kind.group/a: one
                        Warning: kind.group/a: two
                        Warning: kind.group/c: z
                        """);
    }

    @Test
    void leftObjectIsNamedWithItsCommand() {
        LeftObject machine =
                LeftObject.newBuilder()
                        .setKind("VirtualMachine")
                        .setName("default/vm")
                        .setReason("use attach")
                        .build();
        Notices.left(List.of(machine, machine.toBuilder().clearName().build()), err);
        assertThat(said())
                .isEqualTo(
                        "VirtualMachine default/vm is left: use attach\nVirtualMachine is left: use attach\n");
    }
}
