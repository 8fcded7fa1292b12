package io.virtdataplane.console;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListVfsRequest;
import io.virtdataplane.api.Vf;
import java.util.Map;
import java.util.TreeMap;

/** Which virtual functions (VFs) of the node's cards a machine has. */
final class VfUsers {
    private final Client client;

    VfUsers(Client client) {
        this.client = client;
    }

    /** By the name of the network interface. */
    Map<String, Vf> of(String machine) {
        Map<String, Vf> vfByInterface = new TreeMap<>();
        for (Vf vf : client.sriov().listVfs(ListVfsRequest.getDefaultInstance()).getVfsList()) {
            String[] user = vf.getUser().split("/", -1); // NAMESPACE/MACHINE/INTERFACE, or another
            if (user.length == 3 && user[1].equals(machine)) {
                vfByInterface.put(user[2], vf);
            }
        }
        return vfByInterface;
    }
}
