package io.virtdataplane.dhcp;

import java.util.List;
import java.util.Map;

/**
 * What a manifest's {@code dhcpOptions} adds to DHCPv4.
 *
 * @param ntpServers option 42, network order
 * @param tftpServerName option 66, or empty
 * @param bootFileName option 67, or empty
 * @param routes option 121
 * @param privateOptions options 224 to 254 by their code (RFC 3942)
 */
public record CustomOptions(
        List<Integer> ntpServers,
        String tftpServerName,
        String bootFileName,
        List<Route> routes,
        Map<Integer, String> privateOptions) {
    public static final CustomOptions NONE =
            new CustomOptions(List.of(), "", "", List.of(), Map.of());
}
