package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/**
 * What Linux puts before frames: read from a tap with IFF_VNET_HDR and TUN_F_CSUM, the long ones
 * from a packet socket with PACKET_VNET_HDR on a veth port, on a little-endian machine.
 */
@GoldenBytes.Of(VirtioNetHdr.class)
class VirtioNetHdrGoldenTest {
    private static final int FRAME = VirtioNetHdr.LENGTH;

    /** UDP over IPv4: its checksum field has the sum of the pseudo-header. */
    private static final String UDP =
            """
            01 00 0000 0000 2200 0600
            00005e005301 00005e00530a 0800
            4500 0020 7b95 4000 40 11 3b34 c0000201 c0000202
            9c40 0009 000c 8421 70696e67
            """;

    private static final String TCP_6 =
            """
            01 00 0000 0000 3600 1000
            00005e005301 00005e00530a 86dd
            60000000 0014 06 40
            20010db8000000010000000000000001 20010db8000000010000000000000002
            9c42 0007 e977db9a 000003e9 5010 fd20 5b91 0000
            """;

    /** ICMP, complete as it is. */
    private static final String COMPLETE =
            """
            00 00 0000 0000 0000 0000
            00005e005301 00005e00530a 0800
            4500 001c 76cb 4000 40 01 4012 c0000201 c0000202
            08 00 f7ff 00000000
            """;

    /** 7,240 bytes in 5 segments of 1,448; headers of 66. */
    private static final String LONG_TCP = "01 01 4200 a805 2200 1000";

    /** 7,140 bytes in 5 segments of 1,428; headers of 86. */
    private static final String LONG_TCP_6 = "01 04 5600 9405 3600 1000";

    @Test
    void partialChecksumIsRead() {
        MemorySegment b = GoldenBytes.of(UDP);
        assertThat(VirtioNetHdr.needsChecksum(b, 0)).isTrue();
        assertThat(VirtioNetHdr.isGso(b, 0)).isFalse();
        assertThat(VirtioNetHdr.checksumStart(b, 0)).isEqualTo(Lab.L4);
        assertThat(VirtioNetHdr.checksumOffset(b, 0)).isEqualTo(6);
        long pseudo = Checksum.pseudo4(Lab.ROUTER, Lab.HOST, Protocols.UDP, 12);
        assertThat(Bytes.u16(b, FRAME + Lab.L4 + 6)).isEqualTo(Checksum.fold(pseudo));

        MemorySegment six = GoldenBytes.of(TCP_6);
        assertThat(VirtioNetHdr.checksumStart(six, 0)).isEqualTo(Lab.L4_OF_IPV6);
        assertThat(VirtioNetHdr.checksumOffset(six, 0)).isEqualTo(16);
        long pseudo6 = Checksum.pseudo6(six, FRAME + Lab.L3, Protocols.TCP, 20);
        assertThat(Tcp.checksum(six, FRAME + Lab.L4_OF_IPV6)).isEqualTo(Checksum.fold(pseudo6));
    }

    @Test
    void partialChecksumIsBuilt() {
        MemorySegment b = GoldenBytes.staleBetween(0, FRAME, UDP);
        VirtioNetHdr.partial(b, 0, Lab.L4, 6);
        assertBytes(b, UDP);
        MemorySegment six = GoldenBytes.staleBetween(0, FRAME, TCP_6);
        VirtioNetHdr.partial(six, 0, Lab.L4_OF_IPV6, 16);
        assertBytes(six, TCP_6);
    }

    @Test
    void completeFrameIsReadAndBuilt() {
        MemorySegment b = GoldenBytes.of(COMPLETE);
        assertThat(VirtioNetHdr.needsChecksum(b, 0)).isFalse();
        assertThat(VirtioNetHdr.isGso(b, 0)).isFalse();

        MemorySegment built = GoldenBytes.staleBetween(0, FRAME, COMPLETE);
        VirtioNetHdr.clear(built, 0);
        assertBytes(built, COMPLETE);
    }

    @Test
    void longFrameIsRead() {
        MemorySegment b = GoldenBytes.of(LONG_TCP);
        assertThat(VirtioNetHdr.needsChecksum(b, 0)).isTrue();
        assertThat(VirtioNetHdr.isGso(b, 0)).isTrue();
        assertThat(VirtioNetHdr.gsoSize(b, 0)).isEqualTo(1448);
        assertThat(VirtioNetHdr.checksumStart(b, 0)).isEqualTo(34);
        assertThat(VirtioNetHdr.checksumOffset(b, 0)).isEqualTo(16);
        assertThat(VirtioNetHdr.gsoSize(GoldenBytes.of(LONG_TCP_6), 0)).isEqualTo(1428);
    }

    /** The length of the headers, which has no setter, is a hint only: 0 says none. */
    @Test
    void longFrameIsBuilt() {
        MemorySegment b = GoldenBytes.stale(LONG_TCP);
        VirtioNetHdr.partial(b, 0, 34, 16);
        VirtioNetHdr.gso(b, 0, 1, 1448); // VIRTIO_NET_HDR_GSO_TCPV4
        assertBytes(b, "01 01 0000 a805 2200 1000");
        MemorySegment six = GoldenBytes.stale(LONG_TCP_6);
        VirtioNetHdr.partial(six, 0, 54, 16);
        VirtioNetHdr.gso(six, 0, 4, 1428); // VIRTIO_NET_HDR_GSO_TCPV6
        assertBytes(six, "01 04 0000 9405 3600 1000");
    }

    @Test
    void tagShiftsWhatIsBehindIt() {
        MemorySegment b = GoldenBytes.of("ffff" + LONG_TCP);
        VirtioNetHdr.shift(b, 2, Vlan.TAG);
        assertBytes(b, "ffff 01 01 4600 a805 2600 1000");
        VirtioNetHdr.shift(b, 2, -Vlan.TAG);
        assertBytes(b, "ffff" + LONG_TCP);
        MemorySegment partial = GoldenBytes.of(UDP);
        VirtioNetHdr.shift(partial, 0, Vlan.TAG);
        assertThat(VirtioNetHdr.checksumStart(partial, 0)).isEqualTo(Lab.L4 + Vlan.TAG);
        assertThat(Bytes.u16(partial, 2)).as("no length of headers").isZero();
        MemorySegment complete = GoldenBytes.of(COMPLETE);
        VirtioNetHdr.shift(complete, 0, Vlan.TAG);
        assertBytes(complete, COMPLETE);
    }

    /** A port reads all ten bytes or none; were it less, the segment would say so. */
    @Test
    void everyTruncationIsAnExceptionOrSafe() {
        for (int length = 0; length < FRAME; length++) {
            MemorySegment cut = GoldenBytes.of(LONG_TCP).asSlice(0, length);
            assertThatThrownBy(() -> VirtioNetHdr.checksumOffset(cut, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> VirtioNetHdr.clear(cut, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }
}
