package io.virtdataplane.sys;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * An nftables table of ours (linux/netfilter/nf_tables.h) that redirects the TCP that comes in by
 * one device to a port of the namespace, before rules at the usual priority are asked: the first
 * translation of a connection counts. The kernel removes it with the socket that made it, so it
 * never outlives this process (Linux 5.12).
 */
public final class NftRedirect implements AutoCloseable {
    private static final String TABLE = "virt-dataplane";
    private static final String CHAIN = "outbound";
    private static final int NETLINK_NETFILTER = 12;
    private static final int BATCH_BEGIN = 0x10; // linux/netfilter/nfnetlink.h
    private static final int BATCH_END = 0x11;
    private static final int NFTABLES = 10; // NFNL_SUBSYS_NFTABLES
    private static final int NEW_TABLE = NFTABLES << 8;
    private static final int NEW_CHAIN = NFTABLES << 8 | 3;
    private static final int NEW_RULE = NFTABLES << 8 | 6;
    private static final int NLM_F_CREATE = 0x400;
    private static final int NLM_F_APPEND = 0x800;
    private static final byte INET = 1; // NFPROTO_INET
    private static final int OWNER = 2; // NFT_TABLE_F_OWNER
    private static final int PREROUTING = 0; // NF_INET_PRE_ROUTING
    private static final int BEFORE_NAT = -101; // NF_IP_PRI_NAT_DST is -100
    private static final int REGISTER = 1; // NFT_REG_1
    private static final int META_IIFNAME = 6;
    private static final int META_L4PROTO = 16;
    private static final byte TCP = 6;
    private static final int NAME_LENGTH = 16; // IFNAMSIZ
    private static final int ELEMENT = 1; // NFTA_LIST_ELEM
    private final NetlinkSocket socket;

    /** In the calling thread's namespace. */
    public NftRedirect(String device, int port) {
        socket = new NetlinkSocket(NETLINK_NETFILTER, 0);
        try {
            ByteArrayOutputStream batch = new ByteArrayOutputStream();
            int sequence = 1; // of all: what any of them is refused for is the answer
            for (NetlinkRequest request :
                    new NetlinkRequest[] {
                        batch(BATCH_BEGIN), table(), chain(), rule(device, port), batch(BATCH_END)
                    }) {
                batch.writeBytes(request.message(sequence));
            }
            NetlinkAnswer answer = new NetlinkAnswer(sequence, socket.port());
            String what = "redirect what comes by " + device;
            socket.send(batch.toByteArray(), what);
            socket.receive(answer, what);
            SystemCallException.check(-answer.errno(), what);
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static NetlinkRequest batch(int type) {
        NetlinkRequest request = NetlinkRequest.withoutAck(type, 0);
        request.raw().put((byte) 0).put((byte) 0).put((byte) 0).put((byte) NFTABLES);
        return request;
    }

    /** struct nfgenmsg: family, version, resource. */
    private static NetlinkRequest headed(NetlinkRequest request) {
        request.raw().put(INET).put((byte) 0).putShort((short) 0);
        return request;
    }

    private static NetlinkRequest table() {
        NetlinkRequest request = headed(NetlinkRequest.withoutAck(NEW_TABLE, NLM_F_CREATE));
        request.text(1, TABLE); // NFTA_TABLE_NAME
        return number(request, 2, OWNER); // NFTA_TABLE_FLAGS
    }

    private static NetlinkRequest chain() {
        NetlinkRequest request = headed(NetlinkRequest.withoutAck(NEW_CHAIN, NLM_F_CREATE));
        request.text(1, TABLE).text(3, CHAIN); // NFTA_CHAIN_TABLE, _NAME
        request.nested( // NFTA_CHAIN_HOOK
                4, () -> number(number(request, 1, PREROUTING), 2, BEFORE_NAT));
        return request.text(7, "nat"); // NFTA_CHAIN_TYPE
    }

    private static NetlinkRequest rule(String device, int port) {
        NetlinkRequest rule = headed(new NetlinkRequest(NEW_RULE, NLM_F_CREATE | NLM_F_APPEND));
        rule.text(1, TABLE).text(2, CHAIN); // NFTA_RULE_TABLE, _CHAIN
        byte[] name = ByteBuffer.allocate(NAME_LENGTH).put(Libc.bytes(device)).array();
        return rule.nested( // NFTA_RULE_EXPRESSIONS
                4,
                () -> {
                    isEqual(rule, META_IIFNAME, name);
                    isEqual(rule, META_L4PROTO, new byte[] {TCP});
                    expression(
                            rule,
                            "immediate",
                            () -> {
                                number(rule, 1, REGISTER); // NFTA_IMMEDIATE_DREG
                                data(rule, 2, new byte[] {(byte) (port >>> 8), (byte) port});
                            });
                    // NFTA_REDIR_REG_PROTO_MIN
                    expression(rule, "redir", () -> number(rule, 1, REGISTER));
                });
    }

    private static void isEqual(NetlinkRequest rule, int key, byte[] value) {
        // NFTA_META_DREG, _KEY
        expression(rule, "meta", () -> number(number(rule, 1, REGISTER), 2, key));
        expression(
                rule,
                "cmp",
                () -> {
                    number(number(rule, 1, REGISTER), 2, 0); // NFTA_CMP_SREG, _OP: equal
                    data(rule, 3, value); // NFTA_CMP_DATA
                });
    }

    private static void expression(NetlinkRequest rule, String name, Runnable attributes) {
        rule.nested(ELEMENT, () -> rule.text(1, name).nested(2, attributes));
    }

    private static void data(NetlinkRequest rule, int type, byte[] value) {
        rule.nested(type, () -> rule.struct(1, () -> rule.raw().put(value))); // NFTA_DATA_VALUE
    }

    /** Of nftables, in the order of the network. */
    private static NetlinkRequest number(NetlinkRequest request, int type, int value) {
        return request.struct(type, () -> request.raw().putInt(Integer.reverseBytes(value)));
    }

    @Override
    public void close() {
        socket.close();
    }
}
