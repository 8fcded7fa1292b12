package io.virtdataplane.e2e;

import com.google.protobuf.ByteString;
import io.virtdataplane.api.UnixChannel;
import io.virtdataplane.kubevirt.hooks.InfoGrpc;
import io.virtdataplane.kubevirt.hooks.InfoParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.CallbacksGrpc;
import io.virtdataplane.kubevirt.hooks.v1alpha3.OnDefineDomainParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.PreCloudInitIsoParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.ShutdownParams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The hook sidecar in a pod's namespace, as KubeVirt runs one: a user without root, no capability;
 * called as virt-launcher calls it.
 */
final class HookSidecar implements AutoCloseable {
    private static final int MOST_BYTES = 1 << 20;
    final Path directory;
    final Process process;
    private final UnixChannel channel;
    private final CallbacksGrpc.CallbacksBlockingStub callbacks;

    HookSidecar(Lab lab) throws IOException {
        directory = Files.createDirectory(lab.shell.directory().resolve("hooks"));
        lab.shell.must("chmod", "755", lab.shell.directory().toString());
        lab.shell.must("chown", "107:107", directory.toString());
        String client =
                Path.of("").toAbsolutePath().getParent().resolve("bin/virt-dataplane").toString();
        process =
                lab.startIn(
                        lab.pod,
                        "setpriv",
                        "--reuid=107",
                        "--regid=107",
                        "--clear-groups",
                        "--bounding-set=-all",
                        "--inh-caps=-all",
                        "--no-new-privs",
                        client,
                        "hook",
                        "--hooks-dir",
                        directory.toString());
        Path socket = directory.resolve("virt-dataplane.sock");
        Wait.until("the sidecar", 20, () -> Files.exists(socket), there -> there);
        channel = new UnixChannel(socket, MOST_BYTES);
        callbacks = CallbacksGrpc.newBlockingStub(channel.channel());
    }

    String name() {
        return InfoGrpc.newBlockingStub(channel.channel())
                .info(InfoParams.getDefaultInstance())
                .getName();
    }

    /** Twice, as virt-launcher does: when it makes the domain, and when it starts it. */
    String defineTwice(String domain, String vmi) {
        return define(define(domain, vmi), vmi);
    }

    private String define(String domain, String vmi) {
        return callbacks
                .onDefineDomain(
                        OnDefineDomainParams.newBuilder()
                                .setDomainXML(ByteString.copyFromUtf8(domain))
                                .setVmi(ByteString.copyFromUtf8(vmi))
                                .build())
                .getDomainXML()
                .toStringUtf8();
    }

    String cloudInit(String data, String vmi) {
        return callbacks
                .preCloudInitIso(
                        PreCloudInitIsoParams.newBuilder()
                                .setVmi(ByteString.copyFromUtf8(vmi))
                                .setCloudInitData(ByteString.copyFromUtf8(data))
                                .build())
                .getCloudInitData()
                .toStringUtf8();
    }

    void shutdown() {
        callbacks.shutdown(ShutdownParams.getDefaultInstance());
    }

    @Override
    public void close() {
        channel.close();
    }
}
