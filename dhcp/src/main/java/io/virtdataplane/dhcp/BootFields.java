package io.virtdataplane.dhcp;

import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Bytes;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * Where a guest boots from, as PXE ROMs read it: {@code siaddr}, {@code sname} and {@code file}
 * (RFC 951 7, RFC 2131 2), beside options 66 and 67. A name that is too long for its field is in
 * its option only.
 */
final class BootFields {
    private final byte[] serverName;
    private final byte[] fileName;
    private int nextServer;

    BootFields(CustomOptions custom) {
        serverName = fitting(custom.tftpServerName(), DhcpMessage.SNAME_LENGTH);
        fileName = fitting(custom.bootFileName(), DhcpMessage.FILE_LENGTH);
        nextServer = address(custom.tftpServerName());
    }

    private static byte[] fitting(String text, int length) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length < length ? bytes : new byte[0]; // a zero ends it
    }

    private static int address(String text) {
        try {
            return AddressText.ipv4(text);
        } catch (IllegalArgumentException e) {
            return 0; // a name, which may be resolved later
        }
    }

    /** The address of the server of that name, IPv4 in network order; 0: not known. */
    void nextServer(int address) {
        nextServer = address;
    }

    boolean hasServerName() {
        return serverName.length > 0;
    }

    boolean hasFileName() {
        return fileName.length > 0;
    }

    /** Into a message whose fields are zero; those that hold options (option 52) are left alone. */
    void write(MemorySegment b, int at, int overload) {
        Bytes.put32(b, at + DhcpMessage.SIADDR, nextServer);
        if ((overload & DhcpReplyOptions.IN_FILE) == 0) {
            put(b, at + DhcpMessage.FILE, fileName);
        }
        if ((overload & DhcpReplyOptions.IN_SNAME) == 0) {
            put(b, at + DhcpMessage.SNAME, serverName);
        }
    }

    private static void put(MemorySegment b, int at, byte[] value) {
        for (int i = 0; i < value.length; i++) {
            Bytes.put8(b, at + i, value[i]);
        }
    }
}
