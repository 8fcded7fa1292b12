package io.virtdataplane.sriov;

/** Networks for tests: one that leaves a VF as it is, and changes to it by name. */
final class Networks {
    private SriovNetwork.Identity id = new SriovNetwork.Identity("net", "ns", "", "net1");
    private SriovNetwork.Vlan vlan = new SriovNetwork.Vlan(0, 0, "");
    private SriovNetwork.Switches switches = new SriovNetwork.Switches("", "", "");
    private SriovNetwork.Rates rates = new SriovNetwork.Rates(-1, -1);
    private SriovNetwork.Cni cni = new SriovNetwork.Cni("", "", "", "", "");

    static Networks plain() {
        return new Networks();
    }

    Networks named(String name, String networkNamespace, String resourceName) {
        id = new SriovNetwork.Identity(name, "ns", networkNamespace, resourceName);
        return this;
    }

    Networks vlan(int vid, int qos, String protocol) {
        vlan = new SriovNetwork.Vlan(vid, qos, protocol);
        return this;
    }

    Networks switches(String spoofChk, String trust, String linkState) {
        switches = new SriovNetwork.Switches(spoofChk, trust, linkState);
        return this;
    }

    Networks rates(int minTx, int maxTx) {
        rates = new SriovNetwork.Rates(minTx, maxTx);
        return this;
    }

    Networks cni(SriovNetwork.Cni value) {
        cni = value;
        return this;
    }

    SriovNetwork make() {
        return new SriovNetwork(id, vlan, switches, rates, cni);
    }
}
