package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What operators and crashes do, in an order that a seed gives, under traffic, and while system
 * calls fail: at the end all is as it was at the beginning. {@code bin/soak} lets it go on for
 * longer.
 */
@RootTest
@Timeout(7200)
class SoakE2eTest {
    private static final int PODS = 3;
    private static final int LOG_CHARACTERS = 6000;
    private static final long SECONDS = number("VDP_SOAK_SECONDS", 20);
    private static final long SEED = number("VDP_SOAK_SEED", 1);

    /** What a leak would make more of. */
    private record Held(long descriptors, long pinned, String links) {}

    /** Beside them, for whoever lets it go on for long. */
    private record Size(long kilobytes, long threads) {}

    /** A pod of the lab's outside, and its guest. */
    private record Pod(String name, String pod, String guest, String address) {}

    private final Lab lab = new Lab();
    private final List<Pod> pods = new ArrayList<>();
    private final boolean[] isAttached = new boolean[PODS];
    private final Random random = new Random(SEED);
    private int failed; // calls of ours, while system calls did

    private static long number(String variable, long usual) {
        String set = System.getenv(variable);
        return set == null ? usual : Long.parseLong(set);
    }

    @AfterEach
    void close() {
        lab.endDaemon();
        for (Pod each : pods) {
            for (String name : List.of(each.pod, each.guest)) {
                lab.shell.run(
                        "bash",
                        "-c",
                        "ip netns pids %1$s | xargs -r kill -9; ip netns del %1$s".formatted(name));
            }
        }
        lab.close();
    }

    private Pod pod(int number) {
        Pod made =
                new Pod(
                        "vm" + number,
                        lab.out.replace("-out", "-sp" + number),
                        lab.out.replace("-out", "-sg" + number),
                        "10.245." + number + ".5");
        lab.shell.sh(
                """
                for n in %1$s %2$s; do ip netns add $n; ip -n $n link set lo up; done
                ip link add eth0 netns %1$s type veth peer name s%4$d netns %3$s
                ip -n %1$s addr add 10.245.%4$d.5/24 dev eth0
                ip -n %3$s addr add 10.245.%4$d.1/24 dev s%4$d
                ip -n %1$s link set eth0 up
                ip -n %3$s link set s%4$d up
                ip -n %1$s route add default via 10.245.%4$d.1
                ip link add eth0 netns %2$s type veth peer name tap0 netns %1$s
                ip -n %1$s link set tap0 up
                ip -n %2$s link set eth0 up
                ip -n %2$s addr add 10.0.2.2/24 dev eth0
                ip -n %2$s route add default via 10.0.2.1
                """
                        .formatted(made.pod, made.guest, lab.out, number));
        lab.startIn(made.guest, "ping", "-qi", "0.01", Lab.OUTSIDE);
        return made;
    }

    private List<String> attachCall(Pod pod) {
        String manifest = "metadata: {name: %s}\n".formatted(pod.name) + Lab.CHAPTER;
        return List.of(
                "attach",
                "-f",
                lab.manifest(manifest).toString(),
                "--netns",
                pod.pod,
                "--guest",
                "dev:tap0");
    }

    private void attach(int number) {
        lab.mustClient(attachCall(pods.get(number)).toArray(String[]::new));
        isAttached[number] = true;
    }

    private void detach(int number) {
        lab.mustClient("detach", pods.get(number).name);
        isAttached[number] = false;
    }

    /** With the NIC attached and none detached since, traffic goes on. */
    private void works(int number) {
        lab.mustIn(pods.get(number).guest, "ping -qc3 -i0.1 -W5 " + Lab.OUTSIDE);
        lab.mustIn(pods.get(number).guest, "ping -qc1 -W5 10.0.2.1");
    }

    private Path faults() {
        return lab.shell.directory().resolve("faults");
    }

    /**
     * While one of so many system calls fails a NIC comes, changes and goes, or does not; then it
     * can be used as ever.
     */
    private String amongFaults(int number) {
        String name = pods.get(number).name;
        String often = random.nextInt(1000) + " " + (20 + random.nextInt(400));
        lab.shell.write(faults(), often);
        for (int i = 0; i < 3; i++) {
            String[] call =
                    isThere(name)
                            ? new String[] {"detach", name}
                            : attachCall(pods.get(number)).toArray(String[]::new);
            failed += lab.client(call).ok() ? 0 : 1;
        }
        lab.shell.sh("rm " + faults());
        Wait.letTimePass(100); // the daemon looks for it every 20 ms
        assertThat(lab.daemonProcess().isAlive()).as("the daemon lives").isTrue();
        Wait.until("an answer", 20, () -> lab.client("get", "nics"), Shell.Result::ok);
        isAttached[number] = isThere(name);
        if (!isAttached[number]) {
            attach(number);
        }
        Wait.until(
                "traffic of " + name,
                20,
                () -> lab.in(pods.get(number).guest, "ping -qc1 -W1 " + Lab.OUTSIDE),
                Shell.Result::ok);
        return "faults " + often + " " + name;
    }

    private boolean isThere(String name) {
        return lab.client("get", "nics").out().contains(name);
    }

    private Size size() {
        long pid = lab.daemonProcess().pid();
        return new Size(
                count("awk '/VmRSS/ { for (i = 0; i < $2; i++) print }' /proc/" + pid + "/status"),
                count("ls /proc/" + pid + "/task"));
    }

    private Held held() {
        long pid = lab.daemonProcess().pid();
        String links =
                String.join(
                        "\n",
                        pods.stream()
                                .map(each -> lab.shell.sh("ip -n " + each.pod + " -br link"))
                                .map(said -> said.replaceAll("(?m)^(\\S+).*$", "$1"))
                                .toList());
        return new Held(
                count("ls /proc/" + pid + "/fd"),
                count("find " + lab.bpffs().resolve("vdp") + " -type f"),
                links);
    }

    private long count(String listing) {
        return Long.parseLong(lab.shell.sh(listing + " | wc -l").strip());
    }

    private static String tail(String log) {
        return log.substring(Math.max(0, log.length() - LOG_CHARACTERS));
    }

    /** One step; its name. */
    private String step() {
        int number = random.nextInt(PODS);
        int kind = random.nextInt(12);
        String name = pods.get(number).name;
        if (kind == 0) {
            lab.endDaemon();
            lab.daemon();
            return "restart";
        }
        if (kind == 1) {
            lab.killDaemon();
            lab.daemon();
            return "kill -9";
        }
        if (kind >= 10) {
            return amongFaults(number);
        }
        if (!isAttached[number]) {
            attach(number);
            works(number);
            return "attach " + name;
        }
        if (kind < 5) {
            detach(number);
            return "detach " + name;
        }
        if (kind < 8) {
            String rate = random.nextBoolean() ? "0" : 1 + random.nextInt(50) + "M";
            lab.mustClient("set", name, "--egress-bandwidth", rate);
            works(number);
            return "set " + name + " " + rate;
        }
        lab.mustClient("set", name, "--ports", random.nextBoolean() ? "all" : "TCP/80");
        works(number);
        return "set " + name + " ports";
    }

    @Test
    void nothingIsLeftOfWhatHasComeAndGone() {
        lab.environment("VIRT_DATAPLANE_JAVA_OPTS", "-Dvirtdataplane.faults=" + faults());
        lab.keeping().daemon();
        for (int i = 0; i < PODS; i++) {
            pods.add(pod(i));
        }
        attach(0); // what the first NIC brings for good is there now
        detach(0);
        Held before = held();
        Size first = size();
        List<String> steps = new ArrayList<>();
        long endNs = System.nanoTime() + SECONDS * 1_000_000_000L;
        while (System.nanoTime() < endNs) {
            try {
                steps.add(step());
            } catch (AssertionError e) {
                throw new AssertionError(
                        "seed " + SEED + ", after " + steps + "\n" + tail(lab.daemonLog()), e);
            }
        }
        for (int i = 0; i < PODS; i++) {
            if (isAttached[i]) {
                works(i);
                detach(i);
            }
        }
        Held after = held();
        System.out.printf(
                "soak: seed=%d steps=%d failed=%d%n  %s %s%n  %s %s%n",
                SEED, steps.size(), failed, before, first, after, size());
        String what = "seed " + SEED + ", after " + steps;
        assertThat(after.pinned).as(what).isEqualTo(before.pinned);
        assertThat(after.links).as(what).isEqualTo(before.links);
        assertThat(after.descriptors).as(what).isBetween(1L, before.descriptors + 3);
    }
}
