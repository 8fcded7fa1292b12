package io.virtdataplane.manifest;

/** An object that a manifest asks for, read and checked. */
public interface Manifest {
    ObjectKind kind();

    /** What users call it by: NAME, or NAMESPACE/NAME where its kind has namespaces. */
    String name();

    /** Which object of its kind it is. Its name, but where that can change while it stays one. */
    default String identity() {
        return name();
    }
}
