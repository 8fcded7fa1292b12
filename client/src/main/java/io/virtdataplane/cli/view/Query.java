package io.virtdataplane.cli.view;

/**
 * What of a kind is to be listed.
 *
 * @param name of a NIC, bridge or PF; empty: all
 * @param limit most entries of each, where a kind has many
 */
public record Query(String name, int limit) {}
