package io.virtdataplane.e2e;

import java.nio.file.Path;

/** The Debian package of this tree: built once for all tests, and anew where something changed. */
final class DebianPackage {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final Path BUILT = Path.of("target/deb").toAbsolutePath();

    private DebianPackage() {}

    static Path built(Shell shell) {
        String said =
                shell.sh(
                        """
                        cd %1$s
                        deb=$(ls -t %2$s/*.deb 2> /dev/null | head -n 1)
                        if [ -z "$deb" ] || [ -n "$(find client/target/lib daemon/target/lib bin systemd deploy/deb deploy/cni CHANGELOG.md -newer "$deb" -not -path '*/target/*.aot' | head -n 1)" ]; then
                          rm -rf %2$s
                          deploy/deb/build --uncompressed %2$s > /dev/null
                        fi
                        ls -t %2$s/*.deb | head -n 1
                        """
                                .formatted(TOP, BUILT));
        return Path.of(said.strip());
    }

    /** The same with a higher version. */
    static Path later(Shell shell, Path deb) {
        Path later = shell.directory().resolve("later.deb");
        shell.sh(
                """
                work=$(mktemp -d -p %3$s)
                dpkg-deb -R %1$s $work/tree
                sed -i 's/^Version: .*/&+later/' $work/tree/DEBIAN/control
                dpkg-deb --root-owner-group -Znone --build $work/tree %2$s > /dev/null
                rm -rf $work
                """
                        .formatted(deb, later, shell.directory()));
        return later;
    }
}
