package io.virtdataplane.sys;

/** Error numbers of asm-generic/errno.h that the program tells apart, and their words. */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int EAGAIN = 11;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int ERANGE = 34;
    public static final int ENOSYS = 38;
    public static final int EBADMSG = 74;
    public static final int EBADFD = 77;
    public static final int EMSGSIZE = 90;
    public static final int EPROTONOSUPPORT = 93;
    public static final int EOPNOTSUPP = 95;
    public static final int ENETDOWN = 100;
    public static final int ENOBUFS = 105;
    public static final int ECANCELED = 125;

    private Errno() {}

    static String text(int errno) {
        return switch (errno) {
            case EPERM -> "operation not permitted";
            case ENOENT -> "no such file or object";
            case EAGAIN -> "would block";
            case 13 -> "permission denied";
            case EBUSY -> "in use";
            case EEXIST -> "exists already";
            case ENODEV -> "no such device";
            case EINVAL -> "invalid argument";
            case ENOSYS -> "not in this kernel";
            case 7 -> "too big";
            case 12 -> "out of memory";
            case 24 -> "too many open files";
            case ERANGE -> "out of range";
            case EBADMSG -> "not a message";
            case EPROTONOSUPPORT -> "protocol not supported";
            case EOPNOTSUPP -> "operation not supported";
            case ENETDOWN -> "network is down";
            default -> "see errno(3)";
        };
    }
}
