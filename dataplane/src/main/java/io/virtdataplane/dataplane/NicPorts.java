package io.virtdataplane.dataplane;

/** The two sides of a guest NIC. */
public record NicPorts(Port guest, Port uplink) {}
