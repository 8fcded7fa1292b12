package io.virtdataplane.e2e;

import com.google.protobuf.ByteString;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.DetachRequest;
import io.virtdataplane.api.DrainRequest;
import io.virtdataplane.api.ExportSessionsRequest;
import io.virtdataplane.api.GetRequest;
import io.virtdataplane.api.ImportSessionsRequest;
import io.virtdataplane.api.ImportSessionsResponse;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.api.SessionBytes;
import java.nio.file.Path;
import java.util.Iterator;

/**
 * Two nodes, each a lab with its daemon and its pod, whose pods are on one switch with the outside;
 * and one guest, which is plugged into the pod of the one or of the other. The guest notices
 * nothing of it, as one that is moved by its hypervisor.
 */
final class MigrationLab implements AutoCloseable {
    static final String MACHINE = Lab.CHAPTER.replaceAll("(?m)^ *(ports:|- port: \\d+)\n", "");

    private static final String NAME = "vm";
    private static final int PIECE = 64 << 10;
    final Node one;
    final Node other;
    private final String plug;

    /** A node, with its daemon asked as another component would ask it. */
    final class Node {
        final Lab lab = new Lab();
        private final String port; // of the switch
        private final String socket; // of the guest
        String midstream = "reset";
        private Client client;

        private Node(String port, String socket) {
            this.port = port;
            this.socket = socket;
        }

        Client client() {
            if (client == null) {
                client = new Client(Path.of(lab.socket()));
            }
            return client;
        }

        /** What has no session is reset, so that nothing goes on but what was taken over. */
        Node attach(boolean incoming) {
            client().call()
                    .attach(
                            AttachRequest.newBuilder()
                                    .setManifest(MACHINE)
                                    .setName(NAME)
                                    .setNetns(lab.pod)
                                    .setGuest("dev:tap0")
                                    .setIncoming(incoming)
                                    .setNat(NatSettings.newBuilder().setMidstream(midstream))
                                    .build());
            return this;
        }

        void detach() {
            client().call().detach(DetachRequest.newBuilder().setName(NAME).build());
        }

        void drain(boolean cancel) {
            client().call()
                    .drain(DrainRequest.newBuilder().setName(NAME).setCancel(cancel).build());
        }

        String state() {
            return nic().getState();
        }

        int sessions() {
            return nic().getSessions();
        }

        private io.virtdataplane.api.Nic nic() {
            return client().call().get(GetRequest.newBuilder().setName(NAME).build());
        }

        byte[] export() {
            Iterator<SessionBytes> pieces =
                    client().call()
                            .exportSessions(
                                    ExportSessionsRequest.newBuilder().setNic(NAME).build());
            ByteString all = ByteString.EMPTY;
            while (pieces.hasNext()) {
                all = all.concat(pieces.next().getData());
            }
            return all.toByteArray();
        }

        ImportSessionsResponse take(byte[] file, boolean reset) {
            try {
                BlockingClientCall<ImportSessionsRequest, ImportSessionsResponse> call =
                        client().streaming().importSessions();
                boolean isWanted =
                        call.write(
                                ImportSessionsRequest.newBuilder()
                                        .setNic(NAME)
                                        .setReset(reset)
                                        .build());
                for (int from = 0; isWanted && from < file.length; from += PIECE) {
                    int length = Math.min(PIECE, file.length - from);
                    isWanted =
                            call.write(
                                    ImportSessionsRequest.newBuilder()
                                            .setData(ByteString.copyFrom(file, from, length))
                                            .build());
                }
                call.halfClose();
                return call.read();
            } catch (StatusException e) {
                throw e.getStatus().asRuntimeException();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }

        /** The network's way to the pod's address leads here, and so does the guest's cable. */
        private String plugging() {
            return "ip -n %1$s link set %2$s master sw; ip -n %3$s link set %4$s master plug\n"
                    .formatted(one.lab.out, port, plug, socket);
        }

        private String unplugging() {
            return "ip -n %3$s link set %4$s nomaster; ip -n %1$s link set %2$s nomaster\n"
                    .formatted(one.lab.out, port, plug, socket);
        }
    }

    MigrationLab() {
        one = new Node("eth0", "one");
        other = new Node("other0", "other");
        plug = one.lab.out.replace("-out", "-plug");
        Lab lab = one.lab;
        lab.shell.sh(
                """
                ip -n %1$s link add sw type bridge forward_delay 0 mcast_snooping 0
                ip -n %1$s addr flush dev eth0 scope global
                ip -n %1$s link set eth0 master sw
                ip -n %1$s link set sw up
                ip -n %1$s addr add 10.244.1.1/24 dev sw
                ip -n %1$s addr add fd00:10:244::1/64 dev sw nodad
                ip -n %2$s link set eth0 netns %1$s name other0
                ip -n %1$s link set other0 up
                ip netns add %3$s
                ip netns exec %3$s sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
                ip -n %3$s link add plug type bridge forward_delay 0 mcast_snooping 0
                ip link add eth0 netns %4$s type veth peer name guest netns %3$s
                ip link add tap0 netns %5$s type veth peer name one netns %3$s
                ip link add tap0 netns %6$s type veth peer name other netns %3$s
                for d in guest one other plug; do ip -n %3$s link set $d up; done
                ip -n %3$s link set guest master plug
                ip -n %3$s link set one master plug
                for n in %5$s %6$s; do ip -n $n link set tap0 up; done
                ip -n %4$s link set eth0 up
                """
                        .formatted(
                                lab.out, other.lab.out, plug, lab.guest, lab.pod, other.lab.pod));
        lab.configureGuest();
    }

    /** The pod on the other node has these addresses, where it does not have the same. */
    MigrationLab elsewhere(String ipv4, String ipv6) {
        other.lab.shell.sh(
                """
                ip -n %1$s addr flush dev eth0 scope global
                ip -n %1$s addr add %2$s/24 dev eth0
                ip -n %1$s addr add %3$s/64 dev eth0 nodad
                ip -n %1$s route replace default via 10.244.1.1
                ip -n %1$s -6 route replace default via fd00:10:244::1
                """
                        .formatted(other.lab.pod, ipv4, ipv6));
        return this;
    }

    MigrationLab daemons() {
        one.lab.daemon();
        other.lab.daemon();
        return this;
    }

    /** What the hypervisor does: the guest stands still from here on. */
    void pause(Node from) {
        one.lab.shell.sh(from.unplugging());
    }

    /** And goes on. */
    void resume(Node to) {
        one.lab.shell.sh(to.plugging());
    }

    @Override
    public void close() {
        for (Node node : new Node[] {one, other}) {
            if (node.client != null) {
                node.client.close();
            }
        }
        other.lab.close();
        one.lab.shell.run("ip", "netns", "del", plug);
        one.lab.close();
    }
}
