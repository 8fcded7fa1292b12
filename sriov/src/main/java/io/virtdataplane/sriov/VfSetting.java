package io.virtdataplane.sriov;

import io.virtdataplane.wire.AddressText;
import java.util.Locale;

/** One attribute of a VF and the value it is to have; its text is what messages call it. */
public sealed interface VfSetting {
    /** Whether a VF with these attributes has it. */
    boolean isIn(VfAttributes attributes);

    /** The administrator's MAC address of the VF. */
    record Mac(long address) implements VfSetting {
        @Override
        public boolean isIn(VfAttributes attributes) {
            return attributes.mac() == address;
        }

        @Override
        public String toString() {
            return "mac=" + AddressText.mac(address);
        }
    }

    /** The VLAN that the card puts the VF in; id 0: none. */
    record Vlan(int id, int qos, VlanProtocol protocol) implements VfSetting {
        @Override
        public boolean isIn(VfAttributes attributes) {
            // Without a VLAN drivers differ in what they say of its protocol.
            return attributes.vlan().id() == id
                    && attributes.vlan().qos() == qos
                    && (id == 0 || attributes.vlan().protocol() == protocol);
        }

        @Override
        public String toString() {
            return "vlan=" + id + " qos=" + qos + " proto=" + protocol;
        }
    }

    /** Mbit/s; 0: no limit. */
    record Rate(int minimum, int maximum) implements VfSetting {
        @Override
        public boolean isIn(VfAttributes attributes) {
            return attributes.rate().equals(this);
        }

        @Override
        public String toString() {
            return "min_tx_rate=" + minimum + " max_tx_rate=" + maximum;
        }
    }

    record SpoofCheck(boolean on) implements VfSetting {
        @Override
        public boolean isIn(VfAttributes attributes) {
            return attributes.spoofCheck() == Switch.of(on);
        }

        @Override
        public String toString() {
            return "spoofchk=" + Switch.of(on);
        }
    }

    record Trust(boolean on) implements VfSetting {
        @Override
        public boolean isIn(VfAttributes attributes) {
            return attributes.trust() == Switch.of(on);
        }

        @Override
        public String toString() {
            return "trust=" + Switch.of(on);
        }
    }

    /** Follows the PF's link, or is always up or down. */
    record LinkState(State state) implements VfSetting {
        /** In the order of the kernel's numbers. */
        public enum State {
            AUTO,
            ENABLE,
            DISABLE
        }

        public static LinkState of(String word) {
            return new LinkState(State.valueOf(word.toUpperCase(Locale.ROOT)));
        }

        @Override
        public boolean isIn(VfAttributes attributes) {
            return attributes.linkState().equals(this);
        }

        @Override
        public String toString() {
            return "link_state=" + state.name().toLowerCase(Locale.ROOT);
        }
    }

    /** 802.1ad is the outer tag of two. */
    enum VlanProtocol {
        DOT1Q(0x8100, "802.1q"), // linux/if_ether.h
        DOT1AD(0x88a8, "802.1ad");

        final int number;
        private final String word;

        VlanProtocol(int number, String word) {
            this.number = number;
            this.word = word;
        }

        public static VlanProtocol of(String word) {
            return word.equalsIgnoreCase(DOT1AD.word) ? DOT1AD : DOT1Q;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** What a driver that does not know an attribute says is neither on nor off. */
    enum Switch {
        ON,
        OFF,
        UNKNOWN;

        static Switch of(boolean on) {
            return on ? ON : OFF;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
