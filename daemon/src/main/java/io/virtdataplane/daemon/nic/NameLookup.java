package io.virtdataplane.daemon.nic;

import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.naming.CommunicationException;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

/**
 * Asks DNS for a name's IPv4 address as a pod's resolver would: its name servers, its search
 * domains. Sockets are of the network namespace of the thread that asks.
 *
 * @param servers as in a {@code dns:} URL: 10.96.0.10, [fd00::a]:53
 */
record NameLookup(List<String> servers, List<String> searchDomains) {
    private static final String FIRST_TIMEOUT_MS = "1000"; // doubled for each further try
    private static final int MOST_SERVERS = 3; // resolv.conf(5): MAXNS
    private static final String TRIES = "2";

    /** No address was found; the message says why. */
    static final class NotFoundException extends RuntimeException {
        private static final long serialVersionUID = 1;

        NotFoundException(String reason) {
            super(reason);
        }
    }

    static NameLookup of(ResolvConf conf) {
        Stream<String> ipv4 = conf.nameServers().stream().map(AddressText::ipv4);
        Stream<String> ipv6 =
                conf.ipv6NameServers().stream()
                        .map(server -> "[" + AddressText.ip(server[0], server[1]) + "]");
        return new NameLookup(
                Stream.concat(ipv4, ipv6).limit(MOST_SERVERS).toList(), conf.searchDomains());
    }

    /** In network order; throws {@link NotFoundException}. May take some seconds. */
    int ipv4(String name) {
        if (servers.isEmpty()) {
            throw new NotFoundException("the pod has no name server");
        }
        Hashtable<String, String> settings = new Hashtable<>();
        settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
        settings.put(
                Context.PROVIDER_URL,
                servers.stream().map(server -> "dns://" + server).collect(Collectors.joining(" ")));
        settings.put("com.sun.jndi.dns.timeout.initial", FIRST_TIMEOUT_MS);
        settings.put("com.sun.jndi.dns.timeout.retries", TRIES);
        try {
            InitialDirContext dns = new InitialDirContext(settings);
            try {
                return first(dns, name);
            } finally {
                dns.close();
            }
        } catch (CommunicationException e) {
            throw new NotFoundException("no answer from " + String.join(", ", servers));
        } catch (NamingException e) {
            throw new NotFoundException(e.toString());
        }
    }

    // The DNS provider reads records of the type asked for as text and deserializes nothing.
    @SuppressWarnings("BanJNDI")
    private int first(InitialDirContext dns, String name) throws NamingException {
        for (String candidate : candidates(name)) {
            try {
                Attribute addresses = dns.getAttributes(candidate, new String[] {"A"}).get("A");
                if (addresses != null) {
                    return lowest(addresses);
                }
            } catch (NameNotFoundException e) {
                // the next one, as a resolver does
            }
        }
        throw new NotFoundException("DNS knows no IPv4 address of it");
    }

    /** Servers turn the order of several; the same one is taken each time. */
    private static int lowest(Attribute addresses) throws NamingException {
        int lowest = -1;
        for (int i = 0; i < addresses.size(); i++) {
            int address = AddressText.ipv4(addresses.get(i).toString());
            lowest = Integer.compareUnsigned(address, lowest) < 0 ? address : lowest;
        }
        return lowest;
    }

    private List<String> candidates(String name) {
        if (name.endsWith(".")) {
            return List.of(name);
        }
        List<String> candidates = new ArrayList<>();
        searchDomains.forEach(domain -> candidates.add(name + "." + domain));
        candidates.add(name.contains(".") ? 0 : candidates.size(), name);
        return candidates;
    }
}
