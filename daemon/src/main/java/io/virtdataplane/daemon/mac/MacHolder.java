package io.virtdataplane.daemon.mac;

/**
 * Who has a MAC address.
 *
 * @param machine NAMESPACE/NAME, or NAME where there are no namespaces
 * @param nic name of the interface
 */
public record MacHolder(String machine, String nic) {
    /** Of its text. */
    public static MacHolder parse(String text) {
        int slash = text.lastIndexOf('/');
        return slash < 0
                ? new MacHolder(text, "")
                : new MacHolder(text.substring(0, slash), text.substring(slash + 1));
    }

    @Override
    public String toString() {
        return machine + "/" + nic;
    }
}
