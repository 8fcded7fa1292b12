package io.virtdataplane.manifest;

/** An object that a manifest asks for. */
public sealed interface Manifest permits MachineNics, BridgeManifest, SriovManifest {}
