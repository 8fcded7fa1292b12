package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Stage;

/**
 * Answers the stations of a VLAN, such as a DHCP server.
 *
 * @param mac its own address; it also sees frames to groups
 */
public record BridgeService(long mac, Stage stage) {}
