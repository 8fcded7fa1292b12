package io.virtdataplane.daemon.cni;

import com.fasterxml.jackson.databind.JsonNode;
import io.virtdataplane.api.CniAttachment;
import io.virtdataplane.daemon.attach.GuestDevice;
import io.virtdataplane.daemon.attach.Nics;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.sys.Links;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.wire.AddressText;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.BiPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Networks whose interfaces are NICs of ours: an ADD makes the pod's devices and attaches a NIC to
 * them; a DEL takes away what is there, also what was half made.
 */
final class CniNicNetwork implements CniNetwork {
    private static final Logger LOG = LoggerFactory.getLogger(CniNicNetwork.class);
    private final CniNicType type;
    private final Nics nics;
    private final Executor detaching;

    CniNicNetwork(CniNicType type, Nics nics, Executor detaching) {
        this.type = type;
        this.nics = nics;
        this.detaching = detaching;
    }

    @Override
    public List<CniResult.Interface> add(CniCall call, CniConfig config, CniArguments arguments) {
        if (find(call).isPresent()) {
            throw new CniException(
                    CniException.INTERNAL,
                    "container has this interface already: container="
                            + call.containerId()
                            + " interface="
                            + call.ifname());
        }
        CniPlan plan = type.plan(call, config, arguments);
        String device = type.device(call, config);
        try (Netns netns = Netns.open(call.netns())) {
            netns.call(
                    () -> {
                        if (new NetDevice(device).exists()) {
                            throw new CniException(
                                    CniException.INTERNAL,
                                    "pod has such a device already: device=" + device);
                        }
                        plan.make().run();
                        return null;
                    });
            try {
                nics.attach(plan.request());
            } catch (RuntimeException e) {
                netns.call(() -> Links.delete(device));
                throw e;
            }
        }
        return plan.interfaces();
    }

    /**
     * Also what an ADD that was cut off has left. The NIC and the pod's device end side by side:
     * each waits for the kernel, which lets nobody see a device that is going. The device is the
     * one of the ADD, whatever the configuration says by now.
     */
    @Override
    public void delete(CniCall call, CniConfig config) {
        Optional<Nics.ForRuntime> nic = find(call);
        CompletableFuture<Void> detached =
                CompletableFuture.runAsync(
                        () -> nic.ifPresent(each -> detach(each.name())), detaching);
        nic.map(CniNicNetwork::device)
                .or(() -> type.halfMade(call))
                .ifPresent(device -> deleteDevice(call.netns(), device));
        try {
            detached.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static String device(Nics.ForRuntime nic) {
        return GuestDevice.parse(nic.device()).name();
    }

    private static void deleteDevice(String path, String device) {
        if (path.isEmpty() || !Files.exists(Netns.path(path))) {
            return;
        }
        try (Netns netns = Netns.open(path)) {
            netns.call(() -> Links.delete(device));
        } catch (RuntimeException e) {
            if (Files.exists(Netns.path(path))) { // else it went meanwhile, with all in it
                throw e;
            }
        }
    }

    @Override
    public void deleteLater(String containerId, String ifname) {
        find(containerId, ifname).ifPresent(this::remove);
    }

    private void remove(Nics.ForRuntime nic) {
        detach(nic.name());
        deleteDevice(nic.netns(), device(nic));
    }

    private void detach(String name) {
        try {
            nics.detach(name);
        } catch (NotFoundException e) {
            LOG.debug("detached meanwhile: nic={}", name); // its pod was seen to be gone
        }
    }

    @Override
    public void check(CniCall call, CniConfig config, CniArguments arguments) {
        if (find(call).isEmpty()) {
            throw new CniException(
                    CniException.INTERNAL,
                    "container has no such interface: container="
                            + call.containerId()
                            + " interface="
                            + call.ifname());
        }
        String device = type.device(call, config);
        try (Netns netns = Netns.open(call.netns())) {
            netns.call(
                    () -> {
                        NetDevice there = new NetDevice(device);
                        if (!there.exists()) {
                            throw new CniException(
                                    CniException.INTERNAL,
                                    "device is missing in the pod: device=" + device);
                        }
                        checkMac(config, device, there.mac());
                        return null;
                    });
        }
    }

    /** What an earlier result has told of the device holds. */
    private static void checkMac(CniConfig config, String device, long mac) {
        for (JsonNode told : config.json().path("prevResult").path("interfaces")) {
            String before = told.path("mac").asText("");
            boolean same = before.isEmpty() || before.equalsIgnoreCase(AddressText.mac(mac));
            if (told.path("name").asText("").equals(device) && !same) {
                throw new CniException(
                        CniException.INTERNAL,
                        "device has another MAC address: device=" + device + " mac=" + before);
            }
        }
    }

    @Override
    public void collect(String network, BiPredicate<String, String> isValid) {
        for (Nics.ForRuntime each : nics.forRuntime()) {
            CniAttachment as = each.as();
            if (as.getNetwork().equals(network)
                    && !isValid.test(as.getContainerId(), as.getIfname())) {
                remove(each);
            }
        }
    }

    @Override
    public void checkStatus(CniConfig config) {
        type.checkStatus(config);
    }

    private Optional<Nics.ForRuntime> find(CniCall call) {
        return find(call.containerId(), call.ifname());
    }

    private Optional<Nics.ForRuntime> find(String containerId, String ifname) {
        return nics.forRuntime().stream()
                .filter(each -> each.as().getContainerId().equals(containerId))
                .filter(each -> each.as().getIfname().equals(ifname))
                .findFirst();
    }
}
