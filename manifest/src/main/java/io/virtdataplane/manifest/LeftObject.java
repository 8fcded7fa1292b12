package io.virtdataplane.manifest;

/**
 * An object of a file that a command leaves alone.
 *
 * @param kind as the manifest says
 * @param name NAME or NAMESPACE/NAME; empty where it has none
 * @param reason why, and where there is another command for it, which
 */
public record LeftObject(String kind, String name, String reason) {
    static LeftObject of(Fields root, String reason) {
        return new LeftObject(root.textAt("kind"), Metadata.fullName(root), reason);
    }

    /** "VirtualMachine default/vm is left: use attach". */
    @Override
    public String toString() {
        return kind + (name.isEmpty() ? "" : " " + name) + " is left: " + reason;
    }
}
