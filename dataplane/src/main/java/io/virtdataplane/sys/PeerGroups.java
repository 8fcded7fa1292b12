package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;

/**
 * All groups of the process at the other end of a UNIX socket, as the kernel knew them when it
 * connected (SO_PEERGROUPS, Linux 4.13).
 */
public final class PeerGroups {
    private static final int SOL_SOCKET = 1; // asm-generic/socket.h
    private static final int SO_PEERCRED = 17;
    private static final int SO_PEERGROUPS = 59;
    private static final int CAPACITY = 65536; // NGROUPS_MAX

    private PeerGroups() {}

    /** Its own or a supplementary group. */
    public static boolean contains(int descriptor, int group) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment groups = scratch.zeroed(CAPACITY * 4);
            MemorySegment length = scratch.zeroed(4);
            length.set(Scratch.U32, 0, 12); // struct ucred: pid, uid, gid
            if (Libc.result(
                                    Libc.C.getsockopt(
                                            descriptor,
                                            SOL_SOCKET,
                                            SO_PEERCRED,
                                            groups.address(),
                                            length.address()))
                            == 0
                    && groups.get(Scratch.U32, 8) == group) {
                return true;
            }
            length.set(Scratch.U32, 0, CAPACITY * 4);
            if (Libc.result(
                            Libc.C.getsockopt(
                                    descriptor,
                                    SOL_SOCKET,
                                    SO_PEERGROUPS,
                                    groups.address(),
                                    length.address()))
                    != 0) {
                return false;
            }
            for (int i = 0; i < length.get(Scratch.U32, 0) / 4; i++) {
                if (groups.get(Scratch.U32, i * 4L) == group) {
                    return true;
                }
            }
            return false;
        }
    }
}
