package io.virtdataplane.bridge;

/**
 * What the kernel needs to carry frames by a port's device itself.
 *
 * @param device its number; 0: it sends none there
 * @param namespace inode of the device's; it sends frames on within one only
 * @param isRead frames that come in here pass its program
 */
public record KernelPort(int device, long namespace, boolean isRead) {
    /** All frames of the port are walked. */
    public static final KernelPort NONE = new KernelPort(0, 0, false);

    boolean canSendTo(KernelPort egress) {
        return isRead && egress.device != 0 && namespace == egress.namespace;
    }
}
