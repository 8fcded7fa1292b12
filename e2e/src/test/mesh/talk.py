"""Who answers? talk.py serve NAME PORT... says "NAME saw ADDRESS" to all that connect, and after a newline from them "NAME goes on".
talk.py ask [from=ADDRESS] HOST:PORT... prints a line for each: what is said until the other side closes, or the exception; by UDP for udp/HOST:PORT.
talk.py hold HOST PORT FILE: asks for a newline each 0.1 s until FILE is there, then prints how often and what ended it.
"""
import os, socket, sys, threading, time


def answer(peer, name):
    with peer:
        try:
            peer.sendall((name + " saw " + peer.getpeername()[0].replace("::ffff:", "")).encode())
            while line := peer.recv(1):
                peer.sendall(b"." if line == b"\n" else b"")
                if line == b"q":
                    return
        except OSError:
            pass


def serve(name, port):
    s = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    while True:
        peer, _ = s.accept()
        threading.Thread(target=answer, args=(peer, name), daemon=True).start()


def serve_udp(name, port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("", port))
    while True:
        _, peer = s.recvfrom(100)
        s.sendto((name + " saw " + peer[0].replace("::ffff:", "")).encode(), peer)


def ask_udp(host, port):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        try:
            s.connect((host, port))
            s.send(b"q")
            return s.recv(100).decode()
        except OSError as e:
            return type(e).__name__


def ask(host, port, source):
    try:
        with socket.create_connection((host, port), 3, source and (source, 0)) as s:
            s.settimeout(4)
            s.sendall(b"q")
            said = b""
            while data := s.recv(4096):
                said += data
            return said.decode() or "closed"
    except OSError as e:
        return type(e).__name__


def hold(host, port, end):
    s = socket.create_connection((host, port), 5)
    s.settimeout(5)
    said = s.recv(4096).decode()
    while "saw" not in said:
        said += s.recv(4096).decode()
    print(said, flush=True)
    count = 0
    while not os.path.exists(end):
        s.sendall(b"\n")
        if s.recv(1) != b".":
            print("lost after", count, flush=True)
            return
        count += 1
        time.sleep(0.05)
    print("held", flush=True)


if sys.argv[1] == "serve":
    for port in sys.argv[3:]:
        threading.Thread(target=serve, args=(sys.argv[2], int(port))).start()
        threading.Thread(target=serve_udp, args=(sys.argv[2], int(port))).start()
elif sys.argv[1] == "ask":
    source = None
    for each in sys.argv[2:]:
        if each.startswith("from="):
            source = each[5:]
            continue
        host, port = each.removeprefix("udp/").rsplit(":", 1)
        print(each, ask_udp(host, int(port)) if each.startswith("udp/") else ask(host, int(port), source), flush=True)
else:
    hold(sys.argv[2], int(sys.argv[3]), sys.argv[4])
