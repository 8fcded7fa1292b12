package io.virtdataplane.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class NetlinkSocketTest {
    private static final int RTM_GETLINK = 18;

    private static NetlinkRequest link(int index) {
        NetlinkRequest request = new NetlinkRequest(RTM_GETLINK);
        request.raw().putInt(0).putInt(index).putInt(0).putInt(0);
        return request;
    }

    @Test
    void kernelAnswersWithTheLink() {
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            byte[] loopback = netlink.request(link(1), "lo");
            assertThat(ByteBuffer.wrap(loopback).order(ByteOrder.LITTLE_ENDIAN).getInt(4))
                    .isEqualTo(1);
            assertThat(new String(loopback, StandardCharsets.ISO_8859_1)).contains("lo\0");
            assertThat(netlink.request(link(1), "again")).isNotEmpty();
        }
    }

    @Test
    void refusalCarriesTheNumberAndGoesWithTheNextRequestForgotten() {
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            assertThatThrownBy(() -> netlink.request(link(0x7fff_fff0), "missing"))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV))
                    .hasMessageContaining("missing")
                    .hasMessageContaining("no such device");
            assertThat(netlink.request(link(1), "lo")).isNotEmpty();
        }
    }

    @Test
    void answerOfARequestThatWasGivenUpIsNotTakenForTheNextOnes() {
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            netlink.send(link(0x7fff_fff0).message(99), "given up");
            assertThat(netlink.request(link(1), "lo")).isNotEmpty();
        }
    }

    @Test
    void eachSocketHasAPortOfItsOwn() {
        try (NetlinkSocket one = new NetlinkSocket();
                NetlinkSocket other = new NetlinkSocket()) {
            assertThat(one.port()).isNotZero().isNotEqualTo(other.port());
        }
    }

    @Test
    void whatTheKernelSaysOfTheReadIsThrown() {
        try (NetlinkSocket netlink = new NetlinkSocket(Fd.O_NONBLOCK)) {
            NetlinkAnswer answer = new NetlinkAnswer(1, netlink.port());
            assertThatThrownBy(() -> netlink.receive(answer, "nothing asked"))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN))
                    .hasMessageContaining("nothing asked: receive");
        }
    }
}
