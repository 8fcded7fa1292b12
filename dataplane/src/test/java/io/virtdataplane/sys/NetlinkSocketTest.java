package io.virtdataplane.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class NetlinkSocketTest {
    private static final int RTM_GETLINK = 18;

    private static byte[] link(int index) {
        return ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putInt(4, index).array();
    }

    @Test
    void kernelAnswersWithTheLink() {
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            byte[] loopback = netlink.request(RTM_GETLINK, link(1), "lo");
            assertThat(ByteBuffer.wrap(loopback).order(ByteOrder.LITTLE_ENDIAN).getInt(4))
                    .isEqualTo(1);
            assertThat(new String(loopback, StandardCharsets.ISO_8859_1)).contains("lo\0");
            assertThat(netlink.request(RTM_GETLINK, link(1), "again")).isNotEmpty();
        }
    }

    @Test
    void refusalCarriesTheNumberAndGoesWithTheNextRequestForgotten() {
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            assertThatThrownBy(() -> netlink.request(RTM_GETLINK, link(0x7fff_fff0), "missing"))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV))
                    .hasMessageContaining("missing")
                    .hasMessageContaining("no such device");
            assertThat(netlink.request(RTM_GETLINK, link(1), "lo")).isNotEmpty();
        }
    }
}
