"""replay.py PORTS FRAMES: sends each line of FRAMES, "PORT HEX", by device hPORT, and prints what then came by which of the
PORTS devices, in order: "NUMBER PORT -> PORT:LENGTH:HEAD:CRC ...". The tag that a kernel keeps beside a received frame is put back
into it. Only what stations 02:00:00:00:00:XX send counts: a kernel has things to say of its own. A frame that ends with its number is told under that
one, however late it comes."""
import select
import socket
import struct
import sys
import zlib

SOL_PACKET, ADD_MEMBERSHIP, AUXDATA, IGNORE_OUTGOING = 263, 1, 8, 23  # linux/if_packet.h
PROMISC, TAG_VALID = 1, 1 << 4
HEAD = 34
FIRST_WAIT, NEXT_WAIT = 0.1, 0.02


def open_port(number):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind(("h%d" % number, 0))
    s.setsockopt(SOL_PACKET, AUXDATA, 1)
    s.setsockopt(SOL_PACKET, IGNORE_OUTGOING, 1)
    s.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, struct.pack("iHH8s", socket.if_nametoindex("h%d" % number), PROMISC, 0, b""))
    return s


def receive(s):
    data, control, _, _ = s.recvmsg(4096, 128)
    for _, _, value in control:
        status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", value[:20])
        if status & TAG_VALID:
            data = data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
    return data


def main():
    ports = [open_port(number) for number in range(int(sys.argv[1]))]
    with open(sys.argv[2]) as file:
        frames = [line.split() for line in file]
    seen = [[] for _ in frames]
    for number, (port, frame) in enumerate(frames):
        ports[int(port)].send(bytes.fromhex(frame))
        wait = FIRST_WAIT
        while ready := select.select(ports, [], [], wait)[0]:
            wait = NEXT_WAIT
            for s in ready:
                data = receive(s)
                if data[6:11] == b"\x02\0\0\0\0":
                    ending = int.from_bytes(data[-4:], "big")
                    came = "%d:%d:%s:%08x" % (ports.index(s), len(data), data[:HEAD].hex(), zlib.crc32(data))
                    seen[min(ending, number)].append(came)
    for number, (port, frame) in enumerate(frames):
        print(number, port, "->", *sorted(seen[number], key=lambda came: came.split(":")[0]))


main()
