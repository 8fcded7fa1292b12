package io.virtdataplane.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    private static final long SEED = 20261123;

    @Test
    void sumIsThatOfRfc1071() {
        byte[] example = {
            0x00, 0x01, (byte) 0xf2, 0x03, (byte) 0xf4, (byte) 0xf5, (byte) 0xf6, (byte) 0xf7
        }; // RFC 1071 3
        assertThat(Checksum.fold(Checksum.sum(MemorySegment.ofArray(example), 0, 8)))
                .isEqualTo(0xddf2);
    }

    @Test
    void everyLengthAndOffsetAgreesWithThePlainSum() {
        Random random = new Random(SEED);
        byte[] bytes = new byte[128];
        random.nextBytes(bytes);
        for (int at = 0; at < 16; at++) {
            for (int length = 0; length < 100; length++) {
                long plain = 0;
                for (int i = 0; i < length; i++) {
                    plain += (bytes[at + i] & 0xff) << (i % 2 == 0 ? 8 : 0);
                }
                assertThat(Checksum.fold(Checksum.sum(MemorySegment.ofArray(bytes), at, length)))
                        .as("at=%d length=%d", at, length)
                        .isEqualTo(Checksum.fold(plain));
            }
        }
    }

    @Test
    void repairEqualsComputingAnew() {
        Random random = new Random(SEED);
        for (int round = 0; round < 100_000; round++) {
            byte[] bytes = new byte[40];
            random.nextBytes(bytes);
            MemorySegment b = MemorySegment.ofArray(bytes);
            int before = ~Checksum.fold(Checksum.sum(b, 0, 40)) & 0xffff;
            int address = random.nextInt();
            int port = random.nextInt(1 << 16);
            long delta =
                    Checksum.delta32(Bytes.u32(b, 12), address)
                            + Checksum.delta16(Bytes.u16(b, 20), port);
            Bytes.put32(b, 12, address);
            Bytes.put16(b, 20, port);
            int anew = ~Checksum.fold(Checksum.sum(b, 0, 40)) & 0xffff;
            assertThat(Checksum.repair(before, delta))
                    .as("seed=%d round=%d", SEED, round)
                    .isEqualTo(anew);
        }
    }

    @Test
    void udpKeepsNoChecksumAndNeverMakesOne() {
        byte[] header = {0, 53, 0, 53, 0, 8, 0, 0};
        MemorySegment b = MemorySegment.ofArray(header);
        Udp.repairChecksum(b, 0, 12345);
        assertThat(Udp.checksum(b, 0)).isZero();
        Udp.checksum(b, 0, 0x0001);
        Udp.repairChecksum(b, 0, 1); // would become 0, which means "none"
        assertThat(Udp.checksum(b, 0)).isEqualTo(0xffff);
    }
}
