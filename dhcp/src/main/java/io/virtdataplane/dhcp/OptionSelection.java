package io.virtdataplane.dhcp;

import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Which options a reply has: what the protocol needs, then what the client asks for in the order in
 * which it asks (RFC 2131 4.3.1), then what else there is. Clients that ask for nothing get all.
 */
final class OptionSelection {
    private static final int MINIMUM_DATAGRAM = 576; // RFC 2131 2: every client takes so much
    private static final int LONGEST_OPTION = 255;

    private final Scope scope;
    private final byte[][] values;
    private final int[][] ends = new int[DhcpOptions.END][]; // where a value may be cut
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

    OptionSelection(Scope scope) {
        this.scope = scope;
        this.values = DhcpOptions.values(scope);
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
        room = Math.max(size, MINIMUM_DATAGRAM) - Ipv4.HEADER - Udp.HEADER - DhcpMessage.OPTIONS;
    }

    /**
     * Writes the options of a reply of the {@code type}; offset behind them.
     *
     * @param lease the reply gives an address
     * @param rapid RFC 4039
     */
    int write(MemorySegment b, int at, int type, boolean lease, boolean rapid) {
        options.begin(b, at, room);
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
