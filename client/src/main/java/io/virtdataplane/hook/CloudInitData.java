package io.virtdataplane.hook;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.cloudinit.NetworkDataWriter;
import io.virtdataplane.cloudinit.StaticSettings;
import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.manifest.MachineNics;
import java.io.IOException;

/** What virt-launcher is about to write for cloud-init; network data is added where it has none. */
final class CloudInitData {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String NETWORK_DATA = "NetworkData";

    private CloudInitData() {}

    static byte[] complete(byte[] data, Instance instance) {
        if (data.length == 0 || instance.ownInterface().isEmpty()) {
            return data;
        }
        try {
            if (!(MAPPER.readTree(data) instanceof ObjectNode all)
                    || !all.path(NETWORK_DATA).asText("").isEmpty()) {
                return data;
            }
            MachineNics nics = MachineNics.parse(instance.asMasquerade());
            all.put(
                    NETWORK_DATA,
                    MAPPER.writeValueAsString(NetworkDataWriter.write(nics, StaticSettings.NONE)));
            return MAPPER.writeValueAsBytes(all);
        } catch (InvalidManifestException e) { // what we cannot read is none of our business here
            System.err.println("no network data added: " + e.getMessage());
            return data;
        } catch (IOException e) {
            throw new IllegalArgumentException("cloudInitData must be JSON: " + e.getMessage(), e);
        }
    }
}
