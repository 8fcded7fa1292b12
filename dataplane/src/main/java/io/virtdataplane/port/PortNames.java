package io.virtdataplane.port;

import io.virtdataplane.sys.Links;
import java.nio.file.Path;

/**
 * Names of the devices that a daemon makes for ports of its bridges: its own among those of other
 * daemons in the namespace, and the same after a restart.
 *
 * @param mark of the daemon, four characters at most
 */
public record PortNames(String mark) {
    private static final int MARK_BITS = 0xffff;

    /** {@code state}: the daemon's directory. */
    public static PortNames of(Path state) {
        return new PortNames(Integer.toHexString(state.hashCode() & MARK_BITS));
    }

    String tap(int number) {
        return "vdp-" + mark + "p" + number;
    }

    String crossing(int number) {
        return crossings() + number;
    }

    private String crossings() {
        return "vdp-" + mark + "x";
    }

    /** Takes away the {@link Crossing}s that a killed process has left in this namespace. */
    public void clear() {
        Links.names().stream().filter(name -> name.startsWith(crossings())).forEach(Links::delete);
    }
}
