package io.virtdataplane.daemon.controller;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/** The key that TLS is served with; another can take its place while it is. */
final class ServingKey extends X509ExtendedKeyManager {
    private volatile Current current;

    private record Current(PrivateKey key, X509Certificate[] chain) {}

    /** Connections that begin from now on have it. */
    void set(KeyStore store, char[] password) throws GeneralSecurityException {
        var chain = store.getCertificateChain(Keytool.SERVING);
        X509Certificate[] certificates = new X509Certificate[chain.length];
        for (int i = 0; i < chain.length; i++) {
            certificates[i] = (X509Certificate) chain[i];
        }
        current = new Current((PrivateKey) store.getKey(Keytool.SERVING, password), certificates);
    }

    SSLContext context() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {this}, null, new SecureRandom());
        return context;
    }

    @Override
    public String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
        Current now = current;
        return now != null && type.startsWith(now.key().getAlgorithm()) ? Keytool.SERVING : null;
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
        return chooseEngineServerAlias(type, issuers, null);
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        Current now = current;
        return now == null ? null : now.chain();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        Current now = current;
        return now == null ? null : now.key();
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
        return new String[] {Keytool.SERVING};
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
        return null;
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
        return null;
    }
}
