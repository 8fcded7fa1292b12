package io.virtdataplane.manifest;

/** An object of bridge networks. */
public sealed interface BridgeManifest extends Manifest
        permits NodeNetworkPolicy, NetworkDefinition {}
