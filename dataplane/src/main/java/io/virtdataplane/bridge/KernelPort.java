package io.virtdataplane.bridge;

/**
 * What the kernel needs to carry frames by a port's device itself.
 *
 * @param device its number; 0: it sends none there
 * @param namespace inode of the device's; it sends frames on within one only
 * @param isRead frames that come in here pass its program
 * @param isCrossing the device is a veth whose other end, elsewhere, leads to the port's own
 */
public record KernelPort(int device, long namespace, boolean isRead, boolean isCrossing) {
    /** All frames of the port are walked. */
    public static final KernelPort NONE = new KernelPort(0, 0, false, false);

    boolean canSendTo(KernelPort egress) {
        return isRead && egress.device != 0 && namespace == egress.namespace;
    }
}
