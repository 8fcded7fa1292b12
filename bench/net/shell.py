"""What the measurements share: commands, the daemon, and a cell of the result."""
import os
import statistics
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
COMMAND = os.path.join(ROOT, "bin", "virt-dataplane")


def run(*command, check=True, stdin=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, input=stdin)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def ip(*words, netns=None):
    return run("ip", *(("-n", netns) if netns else ()), *words)


def start_daemon(start, socket, state, *options, **where):
    """`start` runs a command, whose process is its own to end; returns what it does, once the daemon answers."""
    process = start(COMMAND, "run", "--socket", socket, "--state-dir", state, *options, **where)
    deadline = time.time() + 60
    while run(COMMAND, "version", "--socket", socket, check=False).count("daemon") == 0:
        if time.time() > deadline:
            raise RuntimeError("the daemon did not start: " + socket)
    return process


def busy_seconds():
    """Of all processors, since the machine started."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, irq, softirq = map(int, stat.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def median_cell(values):
    return f"{statistics.median(values):.4g} ({min(values):.3g}-{max(values):.3g})"
