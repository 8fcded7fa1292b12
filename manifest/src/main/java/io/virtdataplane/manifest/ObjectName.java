package io.virtdataplane.manifest;

/**
 * Which object a file means, whatever else stands in it.
 *
 * @param identity as {@link Manifest#identity}
 */
public record ObjectName(ObjectKind kind, String identity) {}
