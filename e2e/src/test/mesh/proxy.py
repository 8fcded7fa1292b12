"""A transparent proxy as a service mesh has it in a pod: proxy.py [as:USER] [strict] [registry-only] NAME=PORT:SOURCE...

NAME is told to who is asked, before what the other side says: "NAME[ORIGINAL DESTINATION] ...". SOURCE is what its own connections come from:
"self", "localhost" (and to it), "passthrough" (127.0.0.6, ::6: Envoy), or "client" (the client's address: ztunnel, whose sockets have the mark 0x539 then).
"health" in place of SOURCE: answers itself. With strict, what comes by "in" is closed unanswered; with registry-only, by "out" is refused.
"""
import os, select, socket, struct, sys, threading

MARK = 0x539
LOCALHOST = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
SO_ORIGINAL_DST = 80
for each in sys.argv[1:]:
    if each.startswith("as:"):
        os.setgroups([])
        os.setgid(int(each[3:]))
        os.setuid(int(each[3:]))
options = [a for a in sys.argv[1:] if "=" not in a]
listeners = [a for a in sys.argv[1:] if "=" in a]
marks = any(a.endswith(":client") for a in listeners)


def original(peer, family):
    try:
        if family == socket.AF_INET:
            raw = peer.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
            return socket.inet_ntoa(raw[4:8]), struct.unpack("!H", raw[2:4])[0]
        raw = peer.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
        return socket.inet_ntop(family, raw[8:24]), struct.unpack("!H", raw[2:4])[0]
    except OSError as e:
        return type(e).__name__, 0


def upstream(family, source, client):
    s = socket.socket(family)
    if marks:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
    if source == "passthrough":
        s.bind(("127.0.0.6" if family == socket.AF_INET else "::6", 0))
    if source == "client":
        s.setsockopt(socket.SOL_IP if family == socket.AF_INET else socket.IPPROTO_IPV6, 19 if family == socket.AF_INET else 75, 1)
        s.bind((client, 0))
    s.settimeout(3)
    return s


def relay(a, b):
    while True:
        for ready in select.select([a, b], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            (b if ready is a else a).sendall(data)


def serve(peer, client, family, name, source):
    with peer:
        to = original(peer, family)
        head = "%s[%s:%d] " % (name, *to)
        if source == "health" or name == "in" and "strict" in options:
            peer.recv(1)  # what is not read would make of the end a reset
            return peer.sendall(b"ready" if source == "health" else b"")
        if name == "out" and "registry-only" in options:
            peer.recv(1)
            return peer.sendall((head + "502").encode())
        try:
            with upstream(family, source, client) as other:
                other.connect((LOCALHOST[family], to[1]) if source == "localhost" else to)
                other.settimeout(None)
                peer.sendall(head.encode())
                relay(peer, other)
        except OSError as e:
            print(head, e, flush=True)
            try:
                peer.recv(1)
                peer.sendall((head + type(e).__name__).encode())
            except OSError:
                pass


def listen(family, name, port, source):
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if marks:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
    s.bind(("", int(port)))
    s.listen(64)
    while True:
        peer, client = s.accept()
        threading.Thread(target=serve, args=(peer, client[0], family, name, source), daemon=True).start()


for each in listeners:
    name, rest = each.split("=")
    port, source = rest.split(":")
    for family in socket.AF_INET, socket.AF_INET6:
        threading.Thread(target=listen, args=(family, name, port, source)).start()
