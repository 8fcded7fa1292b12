package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.List;

/** Reads all objects of a file, documents and items of lists, by their kinds. */
public final class Manifests {
    private Manifests() {}

    public static List<WrittenManifest> parse(String text) {
        List<List<Fields>> documents = Document.documents(text);
        List<WrittenManifest> manifests = new ArrayList<>();
        for (int i = 0; i < documents.size(); i++) {
            try {
                for (Fields root : documents.get(i)) {
                    manifests.add(new WrittenManifest(read(root), root.toString()));
                }
            } catch (InvalidManifestException e) {
                if (documents.size() == 1) {
                    throw e;
                }
                throw new InvalidManifestException("document " + (i + 1) + ": " + e.getMessage());
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
