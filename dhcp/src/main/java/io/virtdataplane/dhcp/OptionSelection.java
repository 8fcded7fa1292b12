package io.virtdataplane.dhcp;

import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Which options a reply has: what the protocol needs, then what the client asks for in the order in
 * which it asks (RFC 2131 4.3.1), then what else there is. Clients that ask for nothing get all.
 */
final class OptionSelection {
    private static final int MINIMUM_DATAGRAM = 576; // RFC 2131 2: every client takes so much
    private static final int LONGEST_OPTION = 255;
    private static final byte[] PXE_CLIENT = "PXEClient".getBytes(StandardCharsets.US_ASCII);

    private final Scope scope;
    private final byte[][] values;
    private final int[][] ends = new int[DhcpOptions.END][]; // where a value may be cut
    private final BootFields boot;
    private final DhcpReplyOptions options = new DhcpReplyOptions();

    // of the request that is being answered; the reply is written over it
    private final byte[] requested = new byte[LONGEST_OPTION];
    private final byte[] clientId = new byte[LONGEST_OPTION];
    private final boolean[] given = new boolean[DhcpOptions.END];
    private final int[] cut = new int[DhcpOptions.END];
    private int requestedCount;
    private int clientIdLength;
    private int room;
    private int cutCount;
    private boolean boots;

    OptionSelection(Scope scope) {
        this.scope = scope;
        this.values = DhcpOptions.values(scope);
        this.boot = new BootFields(scope.options().custom());
        SearchDomains.Compressed search =
                SearchDomains.compressed(scope.options().resolver().searchDomains());
        ends[DhcpOptions.DOMAIN_SEARCH] = search.ends(); // RFC 3397 2: its clients know RFC 3396
        byte[] routes = values[DhcpOptions.CLASSLESS_ROUTES];
        ends[DhcpOptions.CLASSLESS_ROUTES] = // RFC 3442 as well; some of the routes are no help
                routes == null ? null : new int[] {routes.length};
    }

    /** What the client asks for, and how much it takes. */
    void read(MemorySegment b, int at, int end) {
        cutCount = 0;
        int count =
                DhcpMessage.optionBytes(b, at, end, DhcpOptions.PARAMETER_REQUEST_LIST, requested);
        requestedCount = Math.max(0, count);
        clientIdLength =
                DhcpMessage.optionBytes(b, at, end, DhcpOptions.CLIENT_IDENTIFIER, clientId);
        int longest = DhcpMessage.option16(b, at, end, DhcpOptions.MAX_MESSAGE_SIZE);
        int size = Math.min(Math.max(longest, MINIMUM_DATAGRAM), scope.link().mtu());
        boots = requestedCount == 0 || asksToBoot() || isPxeClient(b, at, end);
        room = Math.max(size, MINIMUM_DATAGRAM) - Ipv4.HEADER - Udp.HEADER - DhcpMessage.OPTIONS;
    }

    private boolean asksToBoot() {
        for (int i = 0; i < requestedCount; i++) {
            int code = requested[i] & 0xff;
            if (code == DhcpOptions.TFTP_SERVER_NAME || code == DhcpOptions.BOOT_FILE_NAME) {
                return true;
            }
        }
        return false;
    }

    /** PXE 2.1, table 2-1: such ROMs need not ask for what they read in the fixed fields. */
    private static boolean isPxeClient(MemorySegment b, int at, int end) {
        int length = DhcpMessage.option(b, at, end, DhcpOptions.CLASS_IDENTIFIER);
        if (length < 0 || Bytes.u8(b, length) < PXE_CLIENT.length) {
            return false;
        }
        for (int i = 0; i < PXE_CLIENT.length; i++) {
            if (Bytes.u8(b, length + 1 + i) != PXE_CLIENT[i]) {
                return false;
            }
        }
        return true;
    }

    /** See {@link BootFields#nextServer}. */
    void nextServer(int address) {
        boot.nextServer(address);
    }

    /** What a client boots from stays in its field; others give theirs up where options need it. */
    private int taken() {
        return !boots
                ? 0
                : (boot.hasFileName() ? DhcpReplyOptions.IN_FILE : 0)
                        | (boot.hasServerName() ? DhcpReplyOptions.IN_SNAME : 0);
    }

    /**
     * Writes the options of a reply of the {@code type}, and where its client boots from, behind a
     * {@link DhcpMessage#reply head}; offset behind them.
     *
     * @param lease the reply gives an address
     * @param rapid RFC 4039
     */
    int write(MemorySegment b, int at, int type, boolean lease, boolean rapid) {
        options.begin(b, at, room, taken());
        options.put8(DhcpOptions.MESSAGE_TYPE, type);
        options.put32(DhcpOptions.SERVER_IDENTIFIER, scope.gatewayAddress());
        if (clientIdLength >= 0) { // RFC 6842
            options.put(DhcpOptions.CLIENT_IDENTIFIER, clientId, clientIdLength);
        }
        if (lease) {
            int seconds = (int) scope.leaseSeconds();
            options.put32(DhcpOptions.LEASE_TIME, seconds);
            options.put32(DhcpOptions.RENEWAL_TIME, (int) (scope.leaseSeconds() / 2));
            options.put32(DhcpOptions.REBINDING_TIME, (int) (scope.leaseSeconds() * 7 / 8));
        }
        if (rapid) {
            options.put(DhcpOptions.RAPID_COMMIT, clientId, 0);
        }
        if (type != DhcpMessage.NAK) {
            Arrays.fill(given, false);
            for (int i = 0; i < requestedCount; i++) {
                give(requested[i] & 0xff);
            }
            for (int code = 1; code < DhcpOptions.END; code++) {
                give(code);
            }
            boot.write(b, at, options.overload());
        }
        return options.finish();
    }

    private void give(int code) {
        if (code >= DhcpOptions.END || values[code] == null || given[code]) {
            return;
        }
        given[code] = true; // or there is no room, which will not change
        byte[] value = values[code];
        boolean whole =
                ends[code] == null
                        ? options.put(code, value, value.length)
                        : options.putParts(code, value, ends[code]) == ends[code].length;
        if (!whole) {
            cut[cutCount] = code;
            cutCount++;
        }
    }

    /** Options that the reply has not or not whole, since the client takes no more. */
    int cutCount() {
        return cutCount;
    }

    int cut(int i) {
        return cut[i];
    }
}
