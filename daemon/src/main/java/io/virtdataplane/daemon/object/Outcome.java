package io.virtdataplane.daemon.object;

/**
 * What became of an object that was applied or deleted.
 *
 * @param message why it is not in force; empty where it is
 * @param pass the SR-IOV pass that will have made the change; 0: none is needed
 */
public record Outcome(Standing standing, String message, long pass) {
    /** Where an object stands between what is asked and what is. */
    public enum Standing {
        IN_FORCE,
        /** It failed, nothing of it is in force, and it is tried again. */
        WAITING,
        /** As WAITING, but to try again could cost the node its network: only a new apply does. */
        GIVEN_UP
    }

    public static final Outcome IN_FORCE = new Outcome(Standing.IN_FORCE, "", 0);

    public static Outcome inForceAfter(long pass) {
        return new Outcome(Standing.IN_FORCE, "", pass);
    }

    public static Outcome waiting(String why) {
        return new Outcome(Standing.WAITING, why, 0);
    }

    public static Outcome givenUp(String why) {
        return new Outcome(Standing.GIVEN_UP, why, 0);
    }

    /** This one, done when {@code later}'s pass is done. */
    Outcome andThen(Outcome later) {
        return new Outcome(standing, message, Math.max(pass, later.pass));
    }

    public boolean isInForce() {
        return standing == Standing.IN_FORCE;
    }
}
