package io.virtdataplane.dhcp;

/**
 * Who holds which address until when. A client is its hardware address: a client identifier is
 * given back and not trusted, since any station can say another's. Worker's thread.
 */
interface Leases {
    int NONE = 0;

    /**
     * The address for a client that wants {@code requested}, or any; {@link #NONE}: none is left.
     * It is held for the client for a while, unless it was only asked what it would be.
     */
    int offer(long client, int requested, boolean hold, long nowNs);

    /** The client may take the address; nothing is changed. */
    boolean mayTake(long client, int address, long nowNs);

    /** Who may have what is known, of the client or of the address (RFC 2131 4.3.2). */
    boolean isOnRecord(long client, int address, long nowNs);

    /** The client takes the address; false where it is not its to have. */
    boolean take(long client, int address, long nowNs);

    void release(long client, int address);

    /** Another station uses the address. */
    void decline(long client, int address, long nowNs);
}
