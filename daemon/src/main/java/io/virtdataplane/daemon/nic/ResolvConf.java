package io.virtdataplane.daemon.nic;

import io.virtdataplane.dhcp.SearchDomains;
import io.virtdataplane.sys.IoReason;
import io.virtdataplane.wire.AddressText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a pod's resolv.conf(5) says: name servers, in order, and search domains. What makes no sense
 * is passed over.
 *
 * @param unread what was passed over, in words
 */
record ResolvConf(
        List<Integer> nameServers,
        List<long[]> ipv6NameServers,
        List<String> searchDomains,
        List<String> unread) {
    private static final int MAX_WORDS = 256;
    private static final int MAX_BYTES = 1 << 16;
    private static final Path NODE = Path.of("/etc/resolv.conf");

    static ResolvConf parse(List<String> lines) {
        List<Integer> servers = new ArrayList<>();
        List<long[]> ipv6Servers = new ArrayList<>();
        List<String> search = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        for (String line : lines) {
            String[] words = line.strip().split("\\s+");
            if (words[0].equals("nameserver") && words.length > 1) {
                addServer(servers, ipv6Servers, unread, words[1]);
            } else if (words[0].equals("search") || words[0].equals("domain")) {
                search.addAll(List.of(words).subList(1, words.length));
            }
        }
        return new ResolvConf(servers, ipv6Servers, search, unread);
    }

    private static void addServer(
            List<Integer> ipv4, List<long[]> ipv6, List<String> unread, String text) {
        try {
            if (text.indexOf(':') >= 0) {
                ipv6.add(AddressText.ipv6(text));
            } else {
                ipv4.add(AddressText.ipv4(text));
            }
        } catch (IllegalArgumentException e) {
            // Or an address with a zone, which means nothing to the guest.
            unread.add("nameserver " + text);
        }
    }

    /**
     * The file given, else the pod's own by its namespace: /etc/netns/NAME, /proc/PID/root; else
     * the node's.
     */
    static ResolvConf read(String file, String netns) {
        Path path = file.isEmpty() ? find(netns) : Path.of(file);
        try {
            return parse(lines(path));
        } catch (IOException e) {
            if (file.isEmpty()) {
                return new ResolvConf(List.of(), List.of(), List.of(), List.of(path + " itself"));
            }
            throw new IllegalArgumentException(
                    "resolv_conf must be a readable regular file of at most 64 KiB ("
                            + IoReason.of(e)
                            + "): resolv_conf="
                            + file,
                    e);
        }
    }

    /** Of nothing that could block or have no end. */
    private static List<String> lines(Path path) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new IOException("not a regular file");
        }
        try (InputStream in = Files.newInputStream(path)) {
            byte[] text = in.readNBytes(MAX_BYTES + 1);
            if (text.length > MAX_BYTES) {
                throw new IOException("longer than 64 KiB");
            }
            return new String(text, StandardCharsets.UTF_8).lines().toList();
        }
    }

    /**
     * With the machine's own domain as the first one, as KubeVirt has it: below the longest domain
     * of services, where that is not its own already. Kubernetes leaves it out.
     *
     * @param subdomain of the manifest, or empty
     */
    ResolvConf ofSubdomain(String subdomain) {
        String services =
                SearchDomains.valid(searchDomains).stream()
                        .filter(domain -> domain.contains(".svc."))
                        .max(Comparator.comparingInt(String::length))
                        .orElse("");
        if (subdomain.isEmpty() || services.isEmpty() || services.startsWith(subdomain + ".")) {
            return this;
        }
        List<String> search = new ArrayList<>(List.of(subdomain + "." + services));
        search.addAll(searchDomains);
        return new ResolvConf(nameServers, ipv6NameServers, search, unread);
    }

    /**
     * What the guest is not told, in at most so many characters; empty where it is told all.
     *
     * @param ipv6 the guest has IPv6, whose messages hold fewer names
     */
    String describeUntold(boolean ipv6) {
        List<String> untold = new ArrayList<>(unread);
        SearchDomains.invalid(searchDomains).forEach(name -> untold.add("search " + name));
        if (ipv6) {
            SearchDomains.beyondIpv6(searchDomains)
                    .forEach(name -> untold.add("search " + name + " (over IPv6)"));
        }
        String words = String.join(", ", untold);
        return words.length() > MAX_WORDS
                ? words.substring(0, MAX_WORDS) + "... (" + untold.size() + " in all)"
                : words;
    }

    private static Path find(String netns) {
        Path candidate = NODE;
        if (!netns.startsWith("/")) {
            candidate = Path.of("/etc/netns", netns, "resolv.conf");
        } else if (netns.matches("/proc/\\d+/ns/net")) {
            candidate = Path.of(netns.replace("/ns/net", "/root/etc/resolv.conf"));
        }
        return isPlain(candidate) ? candidate : NODE;
    }

    /** The pod's files are the pod's to choose: no link that leads out of it, nothing endless. */
    private static boolean isPlain(Path path) {
        try {
            return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                    && Files.size(path) <= MAX_BYTES;
        } catch (IOException e) {
            return false;
        }
    }
}
