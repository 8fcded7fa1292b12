package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static io.virtdataplane.wire.Lab.L3;
import static io.virtdataplane.wire.Lab.L4;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** The first chunk of an association. */
@GoldenBytes.Of(Sctp.class)
class SctpGoldenTest {
    /**
     * By hand after RFC 9260 3.3.2, Linux here has no SCTP; tshark 4.0 finds the CRC32c correct.
     * Sent by a raw socket.
     */
    private static final String INIT =
            """
            00005e00530a 00005e005301 0800
            4500 0034 76a1 4000 40 84 d76c c0000202 c6336402
            0009 9c44 00000000 fc9e18a4
            01 00 0014 1badcafe 0001a000 000a ffff 00c0ffee
            """;

    @Test
    void sctpIsReadAndItsChecksumBuilt() {
        MemorySegment b = GoldenBytes.of(INIT);
        int end = (int) b.byteSize();
        assertThat(Ipv4.protocol(b, L3)).isEqualTo(Protocols.SCTP);
        assertThat(Sctp.chunk(b, L4, end)).isEqualTo(Sctp.INIT);

        MemorySegment stale = GoldenBytes.staleBetween(L4 + 8, L4 + 12, INIT);
        Sctp.checksumAnew(stale, L4, end, new CRC32C());
        assertBytes(stale, INIT);
    }

    @Test
    void sctpFitsFromItsHeaderOn() {
        assertFitsFrom(
                L4 + Sctp.HEADER,
                INIT,
                (b, end) -> {
                    boolean fits = Sctp.fits(L4, end);
                    if (fits) {
                        boolean isAlone = end == L4 + Sctp.HEADER;
                        assertThat(Sctp.chunk(b, L4, end)).isEqualTo(isAlone ? -1 : Sctp.INIT);
                        Sctp.checksumAnew(b, L4, end, new CRC32C());
                    }
                    return fits;
                });
    }
}
