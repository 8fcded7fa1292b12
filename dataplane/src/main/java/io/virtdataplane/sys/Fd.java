package io.virtdataplane.sys;

/**
 * A file descriptor that its owner closes once. Reading and writing return the kernel's value or
 * {@code -errno}.
 */
public final class Fd implements AutoCloseable {
    static final int O_CLOEXEC = 0x80000; // asm-generic/fcntl.h
    static final int O_NONBLOCK = 0x800;
    static final int O_RDWR = 2;
    private int number;

    Fd(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    public boolean isOpen() {
        return number >= 0;
    }

    public int read(long address, int length) {
        return (int) Libc.result(Libc.C.read(number, address, length));
    }

    public int write(long address, int length) {
        return (int) Libc.result(Libc.C.write(number, address, length));
    }

    @Override
    public void close() {
        if (number >= 0) {
            Libc.C.close(number);
            number = -1;
        }
    }
}
