package io.virtdataplane.daemon.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.daemon.state.Sealed;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A file of sessions is what was written, or it is refused. */
class SessionFileTest {
    private static final String ADDRESSES = "10.0.2.2=10.244.1.5,fd10:0:2::2=fd00:10:244::5";
    private static final byte[] CONTENT = {1, 2, 3, '\n', 5};
    private final byte[] written = new SessionFile(-7, ADDRESSES, CONTENT).write();

    private static void assertRefused(byte[] file, String why) {
        assertThatThrownBy(() -> SessionFile.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    private static byte[] sealed(String text) {
        return Sealed.seal(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void isReadAsItWasWritten() {
        SessionFile read = SessionFile.read(written);
        assertThat(read.nowNs()).isEqualTo(-7);
        assertThat(read.addresses()).isEqualTo(ADDRESSES);
        assertThat(read.content()).isEqualTo(CONTENT);
    }

    @Test
    void cutOrChangedAnywhereIsRefused() {
        for (int length = 0; length < written.length; length++) {
            assertRefused(Arrays.copyOf(written, length), "sessions must be");
        }
        for (int at = 0; at < written.length; at++) {
            byte[] changed = written.clone();
            changed[at] ^= 1;
            assertRefused(changed, "sessions must be");
        }
    }

    @Test
    void foreignFilesAreRefusedByName() {
        assertRefused("anything".getBytes(StandardCharsets.UTF_8), "session export has written");
        assertRefused(sealed("kind: VirtualMachine\n"), "session export has written");
        assertRefused(sealed(""), "session export has written");
        assertRefused(
                sealed("virt-dataplane sessions 2 now=1 for=10.0.2.2=10.244.1.5\n"),
                "sessions must be of version 1: version=2");
        assertRefused(
                sealed("virt-dataplane sessions 1 now=99999999999999999999 for=a\n"),
                "session export has written");
        assertRefused(
                sealed("virt-dataplane sessions 1 now=9223372036854775808 for=a\n"),
                "sessions must be");
        assertRefused(new byte[SessionFile.MOST + 1], "sessions must be at most");
    }
}
