package io.virtdataplane.sriov;

import io.virtdataplane.sys.NetlinkAnswer;
import io.virtdataplane.sys.NetlinkRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * VF attributes as rtnetlink carries them (linux/if_link.h): what RTM_SETLINK and RTM_GETLINK take,
 * and what the latter answers.
 */
final class VfMessages {
    private static final int RTM_GETLINK = 18; // linux/rtnetlink.h
    private static final int RTM_SETLINK = 19;
    private static final int LINK_HEADER =
            16; // struct ifinfomsg: family, type, index, flags, change
    private static final int IFLA_VFINFO_LIST = 22; // linux/if_link.h
    private static final int IFLA_EXT_MASK = 29;
    private static final int IFLA_PROP_LIST = 52;
    private static final int IFLA_ALT_IFNAME = 53;
    private static final int RTEXT_FILTER_VF = 1; // linux/rtnetlink.h
    private static final int RTEXT_FILTER_SKIP_STATS = 8;
    private static final int IFLA_VF_INFO = 1;
    private static final int IFLA_VF_MAC = 1; // vf, mac[32]
    private static final int IFLA_VF_VLAN = 2; // vf, vlan, qos
    private static final int IFLA_VF_SPOOFCHK = 4; // vf, setting
    private static final int IFLA_VF_LINK_STATE = 5; // vf, link_state
    private static final int IFLA_VF_RATE = 6; // vf, min_tx_rate, max_tx_rate
    private static final int IFLA_VF_TRUST = 9; // vf, setting
    private static final int IFLA_VF_VLAN_LIST = 12;
    private static final int IFLA_VF_VLAN_INFO = 1; // vf, vlan, qos, __be16 vlan_proto
    private static final int MAC_ROOM = 32; // MAX_ADDR_LEN
    private static final int MAC_LENGTH = 6;

    private VfMessages() {}

    static NetlinkRequest get(int interfaceIndex) {
        return of(RTM_GETLINK, interfaceIndex)
                .number(IFLA_EXT_MASK, RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS);
    }

    static NetlinkRequest set(int interfaceIndex, int vf, VfSetting setting) {
        NetlinkRequest message = of(RTM_SETLINK, interfaceIndex);
        return message.nested(
                IFLA_VFINFO_LIST,
                () -> message.nested(IFLA_VF_INFO, () -> setting(message, vf, setting)));
    }

    private static NetlinkRequest of(int type, int interfaceIndex) {
        NetlinkRequest message = new NetlinkRequest(type);
        message.raw().putInt(0).putInt(interfaceIndex).putInt(0).putInt(0);
        return message;
    }

    private static void setting(NetlinkRequest message, int vf, VfSetting setting) {
        switch (setting) {
            case VfSetting.Mac mac ->
                    message.struct(IFLA_VF_MAC, () -> mac(message.raw(), vf, mac.address()));
            case VfSetting.Vlan vlan ->
                    // Not IFLA_VF_VLAN: that one has no protocol.
                    message.nested(
                            IFLA_VF_VLAN_LIST,
                            () ->
                                    message.struct(
                                            IFLA_VF_VLAN_INFO,
                                            () -> vlan(message.raw(), vf, vlan)));
            case VfSetting.Rate rate ->
                    message.struct(
                            IFLA_VF_RATE,
                            () ->
                                    message.raw()
                                            .putInt(vf)
                                            .putInt(rate.minimum())
                                            .putInt(rate.maximum()));
            case VfSetting.SpoofCheck check ->
                    flag(message, IFLA_VF_SPOOFCHK, vf, check.on() ? 1 : 0);
            case VfSetting.Trust trust -> flag(message, IFLA_VF_TRUST, vf, trust.on() ? 1 : 0);
            case VfSetting.LinkState link ->
                    flag(message, IFLA_VF_LINK_STATE, vf, link.state().ordinal());
        }
    }

    private static void flag(NetlinkRequest message, int type, int vf, int value) {
        message.struct(type, () -> message.raw().putInt(vf).putInt(value));
    }

    private static void mac(ByteBuffer bytes, int vf, long mac) {
        bytes.putInt(vf);
        for (int i = 0; i < MAC_LENGTH; i++) {
            bytes.put((byte) (mac >>> 40 - 8 * i));
        }
        bytes.put(new byte[MAC_ROOM - MAC_LENGTH]);
    }

    private static void vlan(ByteBuffer bytes, int vf, VfSetting.Vlan vlan) {
        bytes.putInt(vf).putInt(vlan.id()).putInt(vlan.qos());
        bytes.putShort(Short.reverseBytes((short) vlan.protocol().number)); // network order
        bytes.putShort((short) 0); // the struct is padded to 16
    }

    /** The VFs of an RTM_NEWLINK body, by number. */
    static Map<Integer, VfAttributes> parse(byte[] body) {
        Map<Integer, VfAttributes> attributesByVf = new TreeMap<>();
        NetlinkAnswer.attributes(
                body,
                LINK_HEADER,
                (type, list) -> {
                    if (type == IFLA_VFINFO_LIST) {
                        NetlinkAnswer.attributes(
                                list,
                                (inner, vf) -> {
                                    if (inner == IFLA_VF_INFO) {
                                        VfReading reading = new VfReading();
                                        NetlinkAnswer.attributes(vf, reading::take);
                                        attributesByVf.put(reading.vf, reading.attributes());
                                    }
                                });
                    }
                });
        return attributesByVf;
    }

    /** The alternative names in an RTM_NEWLINK body. */
    static List<String> altNames(byte[] body) {
        List<String> names = new ArrayList<>();
        NetlinkAnswer.attributes(
                body,
                LINK_HEADER,
                (type, list) -> {
                    if (type == IFLA_PROP_LIST) {
                        NetlinkAnswer.attributes(
                                list,
                                (inner, name) -> {
                                    if (inner == IFLA_ALT_IFNAME) {
                                        names.add(text(name));
                                    }
                                });
                    }
                });
        return names;
    }

    private static String text(ByteBuffer bytes) {
        String text = StandardCharsets.UTF_8.decode(bytes).toString();
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    /** Collects the attributes of one VF; what the driver does not tell stays unknown or zero. */
    private static final class VfReading {
        private int vf = -1;
        private long mac;
        private VfSetting.Vlan vlan = new VfSetting.Vlan(0, 0, VfSetting.VlanProtocol.DOT1Q);
        private VfSetting.Rate rate = new VfSetting.Rate(0, 0);
        private VfSetting.Switch spoofCheck = VfSetting.Switch.UNKNOWN;
        private VfSetting.Switch trust = VfSetting.Switch.UNKNOWN;
        private int linkState;

        void take(int type, ByteBuffer value) {
            switch (type) {
                case IFLA_VF_MAC -> {
                    vf = value.getInt(0);
                    for (int i = 0; i < MAC_LENGTH; i++) {
                        mac = mac << 8 | value.get(4 + i) & 0xff;
                    }
                }
                case IFLA_VF_VLAN ->
                        vlan =
                                new VfSetting.Vlan(
                                        value.getInt(4), value.getInt(8), vlan.protocol());
                case IFLA_VF_VLAN_LIST ->
                        NetlinkAnswer.attributes(value, (inner, info) -> vlan = vlan(info));
                case IFLA_VF_RATE -> rate = new VfSetting.Rate(value.getInt(4), value.getInt(8));
                case IFLA_VF_SPOOFCHK -> spoofCheck = flag(value);
                case IFLA_VF_TRUST -> trust = flag(value);
                case IFLA_VF_LINK_STATE -> linkState = value.getInt(4);
                default -> {
                    // Statistics, GUIDs and what later kernels add.
                }
            }
        }

        private static VfSetting.Vlan vlan(ByteBuffer info) {
            int protocol = Short.reverseBytes(info.getShort(12)) & 0xffff;
            return new VfSetting.Vlan(
                    info.getInt(4),
                    info.getInt(8),
                    protocol == VfSetting.VlanProtocol.DOT1AD.number
                            ? VfSetting.VlanProtocol.DOT1AD
                            : VfSetting.VlanProtocol.DOT1Q);
        }

        private static VfSetting.Switch flag(ByteBuffer value) {
            return switch (value.getInt(4)) {
                case 0 -> VfSetting.Switch.OFF;
                case 1 -> VfSetting.Switch.ON;
                default -> VfSetting.Switch.UNKNOWN; // -1: the driver does not say
            };
        }

        VfAttributes attributes() {
            VfSetting.LinkState.State[] states = VfSetting.LinkState.State.values();
            VfSetting.LinkState.State state =
                    linkState >= 0 && linkState < states.length
                            ? states[linkState]
                            : VfSetting.LinkState.State.AUTO;
            return new VfAttributes(
                    mac,
                    vlan,
                    rate,
                    new VfAttributes.Switches(spoofCheck, trust, new VfSetting.LinkState(state)));
        }
    }
}
