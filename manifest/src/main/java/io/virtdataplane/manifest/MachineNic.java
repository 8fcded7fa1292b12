package io.virtdataplane.manifest;

/**
 * One interface of a machine.
 *
 * @param binding masquerade, bridge, sriov, ...
 * @param mac the guest's, or 0 where the manifest leaves it open
 */
public record MachineNic(String name, String binding, String model, long mac, NicNetwork network) {
    public boolean isMasquerade() {
        return binding.equals("masquerade");
    }
}
