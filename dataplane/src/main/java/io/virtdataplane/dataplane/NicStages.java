package io.virtdataplane.dataplane;

/**
 * What a guest NIC's frames are walked through.
 *
 * @param responders answers the guest's queries to the gateway; leaves by the ingress port
 * @param outbound translates what the guest sends
 * @param inbound translates what comes for the guest
 */
public record NicStages(Stage responders, Stage outbound, Stage inbound) {}
