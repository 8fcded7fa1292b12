package io.virtdataplane.sriov;

/**
 * What a PF is set to.
 *
 * @param numVfs count of its VFs
 * @param mtu in bytes, of VFs and, at least, of the PF; 0: as it is
 * @param externallyManaged others set it up: only checked, never written
 */
public record PfSetup(int numVfs, int mtu, boolean externallyManaged) {
    /** The more of both, managed as this one is. */
    PfSetup max(PfSetup older) {
        return new PfSetup(
                Math.max(numVfs, older.numVfs), Math.max(mtu, older.mtu), externallyManaged);
    }
}
