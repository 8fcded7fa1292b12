"""What a frame costs on a bridge of few ports and on one of many: two daemons and two bridges of the kernel, each a node with real
ports, under load in turn.

The cost is the processor time of the packet thread for each frame that left (/proc/PID/task/TID/schedstat), the system calls and what
the kernel does in them included. The kernel's bridge has no thread of its own, so beside it stands the time of all processors, the
sender's included. Frames of 60 bytes go between two of the ports ("pair"), or from each port to the next ("all").
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from shell import COMMAND, busy_seconds, ip, median_cell, run, start_daemon

SIZES = ((8, 64), (1000, 10_000))
PATTERNS = ("pair", "all")
SENDER_CORE, DAEMON_CORE = "0", "1"
SETTLE_SECONDS = 0.2
POLICY = """
apiVersion: nmstate.io/v1
kind: NodeNetworkConfigurationPolicy
metadata: {name: bench}
spec: {desiredState: {interfaces: [{name: br1, type: linux-bridge, state: up, bridge: {port: [PORTS]}}]}}
"""


class Node:
    """A namespace with the ports p0, p1 ..., a daemon and its bridge; the ports' other ends h0, h1 ... are in a second one."""

    kind = "virt-dataplane"

    def __init__(self, directory, tag, ports, stations):
        self.ports, self.stations = ports, stations
        self.node, self.hosts = f"{tag}-{self.kind[0]}n{ports}", f"{tag}-{self.kind[0]}h{ports}"
        self.socket = os.path.join(directory, f"{ports}.sock")
        self.log = open(os.path.join(directory, f"{self.kind}-{ports}.log"), "ab")
        self.directory = directory
        self.process = None

    def up(self):
        for name in (self.node, self.hosts):
            ip("netns", "add", name)
            run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        links = range(self.ports)
        run("ip", "-batch", "-", stdin="".join(f"link add p{i} netns {self.node} type veth peer name h{i} netns {self.hosts}\n" for i in links))
        for name, device in ((self.node, "p"), (self.hosts, "h")):
            run("ip", "-n", name, "-batch", "-", stdin="".join(f"link set {device}{i} up\n" for i in links))
        self.bridge(links)

    def bridge(self, links):
        start_daemon(self.start, self.socket, os.path.join(self.directory, f"{self.ports}.state"))
        listed = ", ".join(f"{{name: p{i}}}" for i in links)
        run(COMMAND, "apply", "-f", "-", "--socket", self.socket, stdin=POLICY.replace("PORTS", listed))
        self.worker = self.worker_thread()

    def start(self, *command):
        prefix = ("ip", "netns", "exec", self.node, "taskset", "-c", DAEMON_CORE)
        self.process = subprocess.Popen(prefix + command, stdout=self.log, stderr=self.log)

    def worker_thread(self):
        tasks = f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/comm") as comm:
                if comm.read().startswith("worker-"):
                    return f"{tasks}/{task}/schedstat"
        raise RuntimeError("the daemon has no packet thread")

    def worker_ns(self):
        with open(self.worker) as schedstat:
            return int(schedstat.read().split()[0])

    def arrived(self):
        """Frames that have come out of the bridge."""
        table = run("ip", "netns", "exec", self.hosts, "cat", "/proc/net/dev")
        return sum(int(line.split(":")[1].split()[1]) for line in table.splitlines() if line.strip().startswith("h"))

    def settled(self):
        """The same, once all that waited at the ports has passed."""
        arrived, before = self.arrived(), -1
        while arrived != before:
            time.sleep(SETTLE_SECONDS)
            arrived, before = self.arrived(), arrived
        return arrived

    def load(self, probe, ports, stations, seconds):
        words = ("taskset", "-c", SENDER_CORE, probe, "frames", str(ports), str(stations), str(seconds))
        return int(run("ip", "netns", "exec", self.hosts, *words))

    def measure(self, probe, pattern, seconds):
        """Nanoseconds a frame of the packet thread and of all processors, thousands of frames a second."""
        before, ns, busy, began = self.arrived(), self.worker_ns(), busy_seconds(), time.monotonic()
        sender = (2, 2) if pattern == "pair" else (self.ports, self.stations)
        self.load(probe, *sender, seconds)
        frames = self.settled() - before
        took = time.monotonic() - began
        ns = self.worker_ns() - ns
        busy = busy_seconds() - busy
        if not frames:
            raise RuntimeError(f"no frame passed: {self.kind} ports={self.ports} pattern={pattern}")
        return ns / frames, busy * 1e9 / frames, frames / took / 1e3

    def down(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for name in (self.node, self.hosts):
            run("ip", "netns", "del", name, check=False)
        self.log.close()


class KernelNode(Node):
    """The same with a bridge of the kernel."""

    kind = "kernel"

    def bridge(self, links):
        ip("link", "add", "br1", "type", "bridge", netns=self.node)
        run("ip", "-n", self.node, "-batch", "-", stdin="link set br1 up\n" + "".join(f"link set p{i} master br1\n" for i in links))

    def worker_ns(self):
        return 0


def measure(tag, probe_source, rounds, seconds):
    directory = tempfile.mkdtemp(prefix="virt-dataplane-bench-")
    probe = os.path.join(directory, "netprobe")
    nodes = [kind(directory, tag, *size) for kind in (Node, KernelNode) for size in SIZES]
    samples = {}
    try:
        run("gcc", "-O2", "-o", probe, probe_source)
        for node in nodes:
            print(f"preparing {node.ports} ports, {node.kind}", file=sys.stderr, flush=True)
            node.up()
            node.load(probe, node.ports, node.stations, 0)
        for number in range(rounds + 1):  # the first one warms up
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
            for pattern in PATTERNS:
                for node in nodes:
                    values = node.measure(probe, pattern, seconds)
                    if number:
                        samples.setdefault((pattern, node.kind, node.ports), []).append(values)
    finally:
        for node in nodes:
            node.down()
        shutil.rmtree(directory, ignore_errors=True)
    report(samples, rounds, seconds)


def report(samples, rounds, seconds):
    print(f"\nmedian (min-max) of {rounds} rounds of {seconds} s, in turn; packet thread and sender on one core each\n")
    print(f"{'':49}{'packet thread, ns a frame':>27}{'all processors, ns a frame':>28}{'kframes/s':>20}")
    for (pattern, kind, ports), values in samples.items():
        thread, machine, rate = (median_cell(column) for column in zip(*values))
        stations = dict(SIZES)[ports]
        print(f"{pattern:5}{kind:15}{f'{ports} ports, {stations} stations':29}{thread if kind == Node.kind else '-':>27}{machine:>28}{rate:>20}")
    few, many = (ports for ports, _ in SIZES)
    for pattern in PATTERNS:
        for column, what in enumerate(("packet thread", "all processors")):
            for kind in (Node.kind, KernelNode.kind):
                cost = {ports: statistics.median(value[column] for value in samples[pattern, kind, ports]) for ports in (few, many)}
                if cost[few]:
                    print(f"{pattern}, {kind}, {what}: {many} ports cost {cost[many] / cost[few] * 100 - 100:+.1f} % a frame against {few}")
