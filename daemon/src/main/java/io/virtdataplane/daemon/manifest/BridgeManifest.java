package io.virtdataplane.daemon.manifest;

/** An object of bridge networks. */
public sealed interface BridgeManifest extends Manifest permits NodePolicy, NetworkAttachment {}
