package io.virtdataplane.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;

/** Who may speak to an {@link ApiServer}, and with which token: files in its directory. */
final class ApiCredentials {
    private static final String ACCOUNT = "system:serviceaccount:virt-dataplane:virt-dataplane-";
    private static final String ACCOUNTS =
            "system:serviceaccounts,system:serviceaccounts:virt-dataplane";

    /** What authorisation sees of each token: the user's name and its groups. */
    private static final Map<String, String[]> USERS =
            Map.of(
                    ApiServer.ADMIN, new String[] {"admin", "system:masters"},
                    ApiServer.AGENT, new String[] {ACCOUNT + "agent", ACCOUNTS},
                    ApiServer.CONTROLLER, new String[] {ACCOUNT + "controller", ACCOUNTS},
                    ApiServer.NODE1, new String[] {ApiServer.NODE1, ApiServer.NODES},
                    ApiServer.NODE2, new String[] {ApiServer.NODE2, ApiServer.NODES});

    private ApiCredentials() {}

    /** The token file and the key of service accounts, both of which the server reads. */
    static void write(Path directory) throws IOException {
        StringBuilder lines = new StringBuilder();
        USERS.forEach(
                (token, user) ->
                        lines.append(
                                "%s,%s,%s,\"%s\"\n".formatted(token, user[0], token, user[1])));
        Files.writeString(tokens(directory), lines);
        Files.writeString(accountKey(directory), pem("PRIVATE KEY", newKey()));
    }

    static Path tokens(Path directory) {
        return directory.resolve("tokens.csv");
    }

    static Path accountKey(Path directory) {
        return directory.resolve("service-accounts.key");
    }

    /** A kubeconfig a user, with the server's certificate in it. */
    static void writeKubeconfigs(Path directory, String url, Path certificate) {
        try {
            String authority = Base64.getEncoder().encodeToString(Files.readAllBytes(certificate));
            for (String token : USERS.keySet()) {
                Files.writeString(
                        directory.resolve("kubeconfig-" + token),
                        """
                        apiVersion: v1
                        kind: Config
                        clusters: [{name: lab, cluster: {server: "%s", certificate-authority-data: %s}}]
                        users: [{name: user, user: {token: %s}}]
                        contexts: [{name: lab, context: {cluster: lab, user: user}}]
                        current-context: lab
                        """
                                .formatted(url, authority, token));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** RSA, as PKCS #8. */
    private static byte[] newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair().getPrivate().getEncoded();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** RFC 7468. */
    private static String pem(String label, byte[] content) {
        return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                .formatted(
                        label,
                        Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content));
    }
}
