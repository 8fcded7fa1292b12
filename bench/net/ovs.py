"""Open vSwitch's user-space datapath with the defaults of its package, started by hand: a database, sockets and files of its own in the run's directory,
no service of the system."""
import os
import shutil
import time

from shell import run

TOOLS = ("ovsdb-server", "ovs-vswitchd", "ovsdb-tool", "ovs-vsctl", "ovs-ofctl")
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
ANSWER_SECONDS = 60


def missing():
    """Why it cannot be measured here, or an empty string."""
    tools = [tool for tool in TOOLS if not shutil.which(tool)]
    if tools:
        return f"Open vSwitch is not installed ({', '.join(tools)}): bin/install-packages bench"
    return "" if os.path.exists(SCHEMA) else f"Open vSwitch has no {SCHEMA}"


class Ovs:
    """A vswitchd with one bridge, in a network namespace. Its processes are the bench's, which ends them."""

    def __init__(self, bench, netns, number):
        self.directory = os.path.join(bench.directory, f"ovs-{number}")
        os.mkdir(self.directory)
        self.database = "unix:" + os.path.join(self.directory, "db.sock")
        self.environment = ["env"] + [f"OVS_{name}={self.directory}" for name in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")]
        self.bench, self.netns = bench, netns

    def up(self, ports, guest_port, guest_mac):
        """A bridge with these ports; the guest's may send from its own address only, as macspoofchk has it."""
        database = os.path.join(self.directory, "conf.db")
        run("ovsdb-tool", "create", database, SCHEMA)
        self.start("ovsdb-server", database, f"--remote=p{self.database}", f"--unixctl={self.directory}/ovsdb.ctl")
        self.await_file("db.sock")
        self.vsctl("--no-wait", "init")
        self.start("ovs-vswitchd", self.database, f"--unixctl={self.directory}/vswitchd.ctl")
        words = ["add-br", "br1", "--", "set", "bridge", "br1", "datapath_type=netdev"]
        for number, port in enumerate(ports, 1):
            words += ["--", "add-port", "br1", port, "--", "set", "interface", port, f"ofport_request={number}"]
        self.vsctl(*words)
        self.await_file("br1.mgmt")
        guest = ports.index(guest_port) + 1
        self.flow(f"priority=20,in_port={guest},dl_src={guest_mac},actions=NORMAL")
        self.flow(f"priority=10,in_port={guest},actions=drop")
        datapath = self.vsctl("get", "bridge", "br1", "datapath_type").strip()
        tso = self.vsctl("--if-exists", "get", "open_vswitch", ".", "other_config:userspace-tso-enable").strip() or "false (the default)"
        version = run("ovs-vswitchd", "--version").splitlines()[0]
        return f"{version}; datapath_type {datapath}; userspace-tso-enable {tso}"

    def start(self, tool, *words):
        self.bench.start(*self.environment, tool, "-vsyslog:off", *words, netns=self.netns)

    def vsctl(self, *words):
        return run("ovs-vsctl", "--db", self.database, f"--timeout={ANSWER_SECONDS}", *words)

    def flow(self, flow):
        run(*self.environment, "ovs-ofctl", "add-flow", f"unix:{self.directory}/br1.mgmt", flow)

    def await_file(self, name):
        deadline = time.time() + ANSWER_SECONDS
        while not os.path.exists(os.path.join(self.directory, name)):
            if time.time() > deadline:
                raise RuntimeError(f"Open vSwitch has no {name}")
            time.sleep(0.1)
