package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** Reads all objects of a file, documents and items of lists, by their kinds. */
public final class Manifests {
    private static final String FOREIGN = "it is not for virt-dataplane";
    private static final String MOVES =
            "KubeVirt moves the machine; its NICs: drain, session, attach --incoming";
    private static final Map<String, String> REASON_BY_OTHER_KIND =
            Map.of(
                    "SriovIBNetwork",
                    "InfiniBand is not supported",
                    "OVSNetwork",
                    "switchdev is not supported",
                    "VirtualMachineInstanceMigration",
                    MOVES,
                    "MigrationPolicy",
                    MOVES);
    private final ManifestDefaults defaults;

    public Manifests(ManifestDefaults defaults) {
        this.defaults = defaults;
    }

    /** Objects of all kinds, by the settings' defaults. */
    public static List<WrittenManifest> parse(String text) {
        return new Manifests(ManifestDefaults.DEFAULT)
                .parse(text, EnumSet.allOf(ObjectKind.class))
                .objects();
    }

    /** Those of the kinds that a command takes; what it does not take is not looked into. */
    public ManifestFile parse(String text, Set<ObjectKind> taken) {
        List<LeftObject> left = new ArrayList<>();
        List<WrittenManifest> objects =
                each(
                        text,
                        taken,
                        left,
                        root -> {
                            Manifest manifest = read(root);
                            return new WrittenManifest(
                                    manifest, root.textIn(namespace(manifest)), root.warnings());
                        });
        return new ManifestFile(objects, left);
    }

    /** As {@link #parse}, of a file that may have nothing for us. */
    public ManifestFile look(String text, Set<ObjectKind> taken) {
        try {
            return parse(text, taken);
        } catch (NothingTakenException e) {
            return new ManifestFile(List.of(), e.left());
        }
    }

    /**
     * The objects of a file that was accepted before: what a namespace may do was checked then, and
     * does not change with the settings.
     */
    public ManifestFile parseKept(String text, Set<ObjectKind> taken) {
        ManifestDefaults then = defaults;
        for (ObjectName name : names(text, taken, new ArrayList<>())) {
            if (name.kind() == ObjectKind.SRIOV_NETWORK) {
                then = then.withOperator(name.identity().split("/", 2)[0]);
            }
        }
        return new Manifests(then).parse(text, taken);
    }

    /**
     * Which objects of those kinds a file names. What they ask for does not count: also what is not
     * accepted any more can be deleted.
     */
    public List<ObjectName> names(String text, Set<ObjectKind> taken, List<LeftObject> left) {
        return each(text, taken, left, this::name);
    }

    private <T> List<T> each(
            String text, Set<ObjectKind> taken, List<LeftObject> left, Function<Fields, T> reader) {
        List<List<Fields>> documents = Document.documents(text);
        List<T> all = new ArrayList<>();
        for (int i = 0; i < documents.size(); i++) {
            String place = documents.size() == 1 ? "" : "document " + (i + 1) + ": ";
            for (Fields root : documents.get(i)) {
                try {
                    Optional<LeftObject> other = left(root, taken);
                    if (other.isPresent()) {
                        left.add(other.get());
                    } else {
                        all.add(titled(root, () -> reader.apply(root)));
                    }
                } catch (NotOursException e) {
                    left.add(LeftObject.of(root, e.getMessage()));
                } catch (InvalidManifestException e) {
                    boolean isNamed = !Metadata.fullName(root).isEmpty();
                    throw isNamed ? e : new InvalidManifestException(place + e.getMessage());
                }
            }
        }
        if (all.isEmpty()) {
            throw new NothingTakenException(taken, left);
        }
        return all;
    }

    /** Reads an object; a refusal says which one it was. */
    static <T> T titled(Fields root, Supplier<T> reader) {
        try {
            return reader.get();
        } catch (NotOursException e) {
            throw e;
        } catch (UnknownFieldException e) {
            throw new UnknownFieldException(title(root) + e.getMessage());
        } catch (InvalidManifestException e) {
            String title = title(root);
            throw title.isEmpty() ? e : new InvalidManifestException(title + e.getMessage());
        }
    }

    /** "KIND NAME: ", or empty. */
    private static String title(Fields root) {
        String name = Metadata.fullName(root);
        return name.isEmpty() ? "" : root.textAt("kind") + " " + name + ": ";
    }

    /** An object that the command does not take; a kind that is mistyped is not left silently. */
    static Optional<LeftObject> left(Fields root, Set<ObjectKind> taken) {
        String kind = root.text("kind", "");
        Optional<ObjectKind> known = ObjectKind.ofManifest(kind);
        if (known.isPresent()) {
            return taken.contains(known.get())
                    ? Optional.empty()
                    : Optional.of(LeftObject.of(root, "use " + known.get().command()));
        }
        String reason = REASON_BY_OTHER_KIND.get(kind);
        boolean isMistyped =
                reason == null
                        && (kind.isEmpty() || Nearest.isMistyped(kind, ObjectKind.manifestKinds()));
        if (isMistyped) {
            throw root.error("kind", "must be " + ObjectKind.names(taken), kind);
        }
        return Optional.of(LeftObject.of(root, reason == null ? FOREIGN : reason));
    }

    /** What the settings say where the object is silent: kept, it stays the same object. */
    private static String namespace(Manifest manifest) {
        return manifest instanceof SriovManifest.Network network ? network.spec().namespace() : "";
    }

    private Manifest read(Fields root) {
        return kind(root).read(root, defaults);
    }

    private static ObjectKind kind(Fields root) {
        return ObjectKind.ofManifest(root.text("kind", "")).orElseThrow();
    }

    private ObjectName name(Fields root) {
        Metadata metadata = Metadata.named(root);
        String name =
                metadata.namespace().isEmpty()
                        ? metadata.name()
                        : metadata.namespace() + "/" + metadata.name();
        ObjectKind kind = kind(root);
        return new ObjectName(kind, kind.hasNamespaces() ? fullName(kind, name) : metadata.name());
    }

    /** NAMESPACE/NAME of a name that may come without the first; the name where there are none. */
    public String fullName(ObjectKind kind, String name) {
        return kind == ObjectKind.SRIOV_NETWORK && !name.contains("/")
                ? defaults.operatorNamespace() + "/" + name
                : kind.fullName(name);
    }
}
