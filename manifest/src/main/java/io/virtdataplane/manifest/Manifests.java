package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.List;

/** Reads all objects of a file, documents and items of lists, by their kinds. */
public final class Manifests {
    private Manifests() {}

    public static List<WrittenManifest> parse(String text) {
        List<Fields> documents = Document.all(text);
        List<WrittenManifest> manifests = new ArrayList<>();
        for (Fields root : documents) {
            try {
                manifests.add(new WrittenManifest(read(root), root.toString()));
            } catch (InvalidManifestException e) {
                if (documents.size() == 1 || !root.path().isEmpty()) {
                    throw e;
                }
                throw new InvalidManifestException(
                        "document " + (manifests.size() + 1) + ": " + e.getMessage());
            }
        }
        return List.copyOf(manifests);
    }

    private static Manifest read(Fields root) {
        String kind = root.text("kind", "");
        return ObjectKind.ofManifest(kind)
                .orElseThrow(() -> root.error("kind", "must be " + ObjectKind.allKinds(), kind))
                .read(root);
    }
}
