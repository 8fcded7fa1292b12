package io.virtdataplane.console;

import java.nio.file.Path;

/** What listening beyond loopback needs: TLS, and a password. */
public final class RemoteAccess implements AutoCloseable {
    private final Certificate certificate;
    private final Login login;

    private RemoteAccess(Certificate certificate, Login login) {
        this.certificate = certificate;
        this.login = login;
    }

    /**
     * Reads the files.
     *
     * @param certificate chain in PEM, with the names of the host
     * @param key of it in PEM (PKCS #8), which others must not read
     * @param password in the first line, which others must not read
     * @throws IllegalArgumentException where one of them is not that
     */
    public static RemoteAccess of(Path certificate, Path key, Path password) {
        Login login = new Login(SecretFile.password(password), System::nanoTime);
        return new RemoteAccess(new Certificate(certificate, key), login);
    }

    Certificate certificate() {
        return certificate;
    }

    Login login() {
        return login;
    }

    @Override
    public void close() {
        certificate.close();
    }
}
