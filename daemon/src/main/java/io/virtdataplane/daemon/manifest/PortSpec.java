package io.virtdataplane.daemon.manifest;

/** An entry of an interface's {@code ports}: IP protocol number and port. */
public record PortSpec(int protocol, int port) {
    static final int TCP = 6;
    static final int UDP = 17;

    public String text() {
        return (protocol == TCP ? "TCP/" : "UDP/") + port;
    }
}
