package io.virtdataplane.console;

import java.net.InetAddress;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Lets in who knows the password. Any thread. */
final class Login {
    private static final Duration IDLE = Duration.ofHours(8);

    private final byte[] digest;
    private final LoginLimit limit;
    private final Sessions sessions;

    /**
     * @param clock in nanoseconds
     */
    Login(String password, LongSupplier clock) {
        digest = Sessions.sha256(password);
        limit = new LoginLimit(clock);
        sessions = new Sessions(clock, IDLE);
    }

    Sessions sessions() {
        return sessions;
    }

    /** The token of a new session; a wrong password and too many of them are refused. */
    String open(InetAddress peer, String password) {
        Duration wait = limit.take(peer); // before the look: tries at the same time count too
        if (wait.isPositive()) {
            throw new Refusal(
                    Refusal.TOO_MANY,
                    "password",
                    "Too many tries: wait " + (wait.toSeconds() + 1) + " seconds.");
        }
        // Digests have one length, and are compared in one time.
        if (!MessageDigest.isEqual(digest, Sessions.sha256(password))) {
            throw new Refusal(Refusal.UNAUTHORIZED, "password", "The password is wrong.");
        }
        limit.forget(peer);
        return sessions.open();
    }
}
