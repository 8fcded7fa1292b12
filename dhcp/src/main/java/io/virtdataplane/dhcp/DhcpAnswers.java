package io.virtdataplane.dhcp;

/** What DHCP servers have sent, by type of message. One writer: the worker's thread. */
public final class DhcpAnswers {
    /** DHCPOFFER (RFC 2131 3.1). */
    public long offers;

    /** DHCPACK. */
    public long acknowledgements;

    /** DHCPNAK. */
    public long refusals;

    /** DHCPv6 Advertise (RFC 8415 18.3.9). */
    public long advertisements;

    /** DHCPv6 Reply. */
    public long replies;

    /** Into memory of the reader's own. */
    public void copyTo(DhcpAnswers copy) {
        copy.offers = offers;
        copy.acknowledgements = acknowledgements;
        copy.refusals = refusals;
        copy.advertisements = advertisements;
        copy.replies = replies;
    }
}
