package io.virtdataplane.console;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Who is in, by the token that each request brings. Kept are digests: how long a look-up takes says
 * nothing of a token. At most {@value #MOST}; then the one that was used longest ago ends. Any
 * thread.
 */
final class Sessions {
    static final int MOST = 256;
    private static final int TOKEN_BYTES = 32;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Long> lastUsedNs = new LinkedHashMap<>(MOST, 0.75f, true);
    private final LongSupplier clock;
    private final long idleNs;

    /**
     * @param clock in nanoseconds
     * @param idle a session ends when it was not used for so long
     */
    Sessions(LongSupplier clock, Duration idle) {
        this.clock = clock;
        this.idleNs = idle.toNanos();
    }

    /** Begins one; its token. */
    synchronized String open() {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        if (lastUsedNs.size() == MOST) {
            lastUsedNs.remove(lastUsedNs.keySet().iterator().next());
        }
        lastUsedNs.put(digest(token), clock.getAsLong());
        return token;
    }

    /** Uses it: true where it is open. */
    synchronized boolean use(String token) {
        String key = digest(token);
        Long usedNs = lastUsedNs.get(key);
        if (usedNs == null) {
            return false;
        }
        long nowNs = clock.getAsLong();
        if (nowNs - usedNs > idleNs) {
            lastUsedNs.remove(key);
            return false;
        }
        lastUsedNs.put(key, nowNs);
        return true;
    }

    synchronized void end(String token) {
        lastUsedNs.remove(digest(token));
    }

    private static String digest(String token) {
        return HexFormat.of().formatHex(sha256(token));
    }

    static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
