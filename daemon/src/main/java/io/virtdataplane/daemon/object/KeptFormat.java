package io.virtdataplane.daemon.object;

import io.virtdataplane.daemon.state.ObjectStore;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.WrittenManifest;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kept object's file: a manifest that anybody can read and apply, below comments that say what
 * was asked with it. A plain manifest, as earlier versions kept those of SR-IOV, is one without
 * comments.
 */
final class KeptFormat implements ObjectStore.Format<Kept> {
    private static final Pattern HEAD =
            Pattern.compile(
                    "^# virt-dataplane: sequence=(\\d+) uplinks=(take|share) host-port=(true|false) probe-seconds=(\\d+)( source=cluster)?$",
                    Pattern.MULTILINE);
    private static final Pattern GIVEN_UP =
            Pattern.compile("^# not tried again: (.*)$", Pattern.MULTILINE);

    private final Manifests manifests;

    KeptFormat(Manifests manifests) {
        this.manifests = manifests;
    }

    @Override
    public byte[] write(Kept kept) {
        ApplyOptions options = kept.options();
        String head =
                "# virt-dataplane: sequence="
                        + kept.sequence()
                        + " uplinks="
                        + (options.sharesUplinks() ? "share" : "take")
                        + " host-port="
                        + options.hostPort()
                        + " probe-seconds="
                        + options.probeSeconds()
                        + (options.fromCluster() ? " source=cluster" : "")
                        + "\n";
        String givenUp =
                kept.givenUp().isEmpty()
                        ? ""
                        : "# not tried again: " + kept.givenUp().replaceAll("\\s+", " ") + "\n";
        return (head + givenUp + kept.text() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Kept read(byte[] content) {
        String file = new String(content, StandardCharsets.UTF_8);
        List<WrittenManifest> objects =
                manifests.parseKept(file, EnumSet.allOf(ObjectKind.class)).objects();
        if (objects.size() != 1) {
            throw new IllegalArgumentException(
                    "file must hold one object: found=" + objects.size());
        }
        WrittenManifest written = objects.getFirst();
        Matcher head = HEAD.matcher(file);
        Matcher givenUp = GIVEN_UP.matcher(file);
        boolean isPlain = !head.find();
        return new Kept(
                written.manifest(),
                written.text(),
                isPlain
                        ? ApplyOptions.DEFAULT
                        : new ApplyOptions(
                                head.group(2).equals("share"),
                                Boolean.parseBoolean(head.group(3)),
                                Integer.parseInt(head.group(4)),
                                head.group(5) != null),
                isPlain ? 0 : Long.parseLong(head.group(1)),
                givenUp.find() ? givenUp.group(1) : "");
    }
}
