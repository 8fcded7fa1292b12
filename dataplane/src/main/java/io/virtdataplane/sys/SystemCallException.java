package io.virtdataplane.sys;

/**
 * The kernel refused a call of the control path. The packet path works with the numbers instead.
 */
public final class SystemCallException extends RuntimeException {
    private final int errno;

    SystemCallException(String call, int errno) {
        super(call + ": " + Errno.text(errno) + " (errno " + errno + ")");
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }

    static int check(int result, String call) {
        if (result < 0) {
            throw new SystemCallException(call, -result);
        }
        return result;
    }

    static long check(long result, String call) {
        if (result < 0) {
            throw new SystemCallException(call, (int) -result);
        }
        return result;
    }
}
