package io.virtdataplane.daemon.network;

import io.virtdataplane.api.AppliedObject;
import io.virtdataplane.api.ApplyRequest;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.AttachmentDefinition;
import io.virtdataplane.api.Bridge;
import io.virtdataplane.api.GroupMember;
import io.virtdataplane.api.KeptObject;
import io.virtdataplane.api.ListGroupsResponse;
import io.virtdataplane.api.ListStationsResponse;
import io.virtdataplane.api.Policy;
import io.virtdataplane.api.SetStationRequest;
import io.virtdataplane.api.Station;
import io.virtdataplane.daemon.control.BridgeViews;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.state.MessageStore;
import io.virtdataplane.manifest.BridgeManifest;
import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.NodeNetworkPolicy;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Bridge networks in the words of the API: messages in, messages out; kept over a restart. */
public final class NetworkObjects {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkObjects.class);
    private static final int DEFAULT_PROBE_SECONDS = 120;
    private static final int LONGEST_PROBE_SECONDS = 480;
    private final Bridges bridges;
    private final NodePolicies policies;
    private final NetworkDefinitions definitions = new NetworkDefinitions();
    private final DhcpServices dhcp;
    private final MessageStore<KeptObject> objects;
    private final BridgedNics nics;
    private final EventJournal journal;
    // One object at a time; readers do not wait for it.
    private final ReentrantLock applying = new ReentrantLock();
    private long sequence; // of the object last applied

    public NetworkObjects(
            Bridges bridges,
            NodeLabels node,
            MessageStore<KeptObject> objects,
            MessageStore<AttachRequest> attachments,
            EventJournal journal) {
        this.bridges = bridges;
        this.policies = new NodePolicies(bridges, node, journal);
        this.dhcp = new DhcpServices(bridges, node.name());
        this.objects = objects;
        this.nics = new BridgedNics(bridges, definitions, dhcp, attachments, journal);
        this.journal = journal;
    }

    /** Takes up what an earlier run left; the attachments that are not to a bridge. */
    public List<AttachRequest> restore() {
        List<KeptObject> kept = new ArrayList<>(objects.all());
        kept.sort(
                Comparator.comparingLong(KeptObject::getSequence)); // policies build on each other
        for (KeptObject object : kept) {
            sequence = object.getSequence();
            ApplyRequest request = object.getRequest();
            try {
                for (Manifest manifest : Manifests.parse(request.getManifest())) {
                    if (manifest instanceof BridgeManifest bridge) {
                        apply(bridge, request, 0);
                    }
                }
            } catch (RuntimeException e) {
                LOG.warn("object not restored: reason={}", e.getMessage());
                journal.record("RestoreFailed", "", e.getMessage());
            }
        }
        return nics.restore();
    }

    /** Refuses what could not be taken, before anything changes. */
    public void check(ApplyRequest request, List<BridgeManifest> manifests) {
        int seconds = probeSeconds(request);
        check(
                seconds >= 1 && seconds <= LONGEST_PROBE_SECONDS,
                "probe_seconds must be 1-" + LONGEST_PROBE_SECONDS + ": probe_seconds=" + seconds);
        String uplinks = request.getUplinks();
        check(
                uplinks.isEmpty() || uplinks.equals("take") || uplinks.equals("share"),
                "uplinks must be take or share: uplinks=" + uplinks);
        List<NetworkDefinition> wanted = new ArrayList<>(definitions.all());
        for (BridgeManifest manifest : manifests) {
            if (manifest instanceof NetworkDefinition definition) {
                dhcp.check(definition, wanted);
                wanted.add(definition);
            }
        }
    }

    private static int probeSeconds(ApplyRequest request) {
        return request.getProbeSeconds() == 0 ? DEFAULT_PROBE_SECONDS : request.getProbeSeconds();
    }

    /** One object of a request that {@link #check} has let pass; the request is of it alone. */
    public AppliedObject apply(BridgeManifest manifest, ApplyRequest request) {
        applying.lock();
        try {
            AppliedObject object = apply(manifest, request, probeSeconds(request));
            if (!object.getResult().equals("failed")) { // else nothing of it is in force
                sequence++;
                objects.put(
                        object.getKind() + "/" + object.getName(),
                        KeptObject.newBuilder().setRequest(request).setSequence(sequence).build());
            }
            return object;
        } finally {
            applying.unlock();
        }
    }

    private AppliedObject apply(BridgeManifest manifest, ApplyRequest request, int probeSeconds) {
        AppliedObject.Builder applied = AppliedObject.newBuilder();
        switch (manifest) {
            case NodeNetworkPolicy policy -> {
                boolean existed = policies.has(policy.name());
                boolean succeeded =
                        policies.apply(
                                policy,
                                new NodePolicies.Wanted(
                                        request.getUplinks().equals("share"),
                                        request.getHostPort()),
                                probeSeconds);
                applied.setKind(ObjectKind.NODE_NETWORK_POLICY.toString())
                        .setName(policy.name())
                        .setMessage(succeeded ? "" : policies.failure(policy.name()))
                        .setResult(succeeded ? existed ? "configured" : "created" : "failed");
            }
            case NetworkDefinition definition -> {
                String key = NetworkDefinitions.key(definition);
                boolean existed = definitions.has(key);
                dhcp.check(definition, definitions.all());
                boolean changed = definitions.put(definition);
                applied.setKind(ObjectKind.NETWORK_ATTACHMENT.toString())
                        .setName(key)
                        .setResult(existed ? changed ? "configured" : "unchanged" : "created");
            }
        }
        serve();
        return applied.build();
    }

    private void serve() {
        synchronized (bridges) {
            dhcp.set(definitions.all());
        }
    }

    /** NAMESPACE/NAME. */
    public static String name(NetworkDefinition definition) {
        return NetworkDefinitions.key(definition);
    }

    /** NAMESPACE/NAME of a network attachment definition, which may come without the first. */
    public static String attachmentName(String name) {
        return name.contains("/") ? name : NetworkDefinitions.key("", name);
    }

    /** Refuses what {@link #deletePolicy} would. */
    public void checkDeletePolicy(String name) {
        if (!policies.has(name)) {
            throw new NotFoundException("no such policy: name=" + name);
        }
    }

    public void deletePolicy(String name) {
        policies.remove(name);
        objects.remove(ObjectKind.NODE_NETWORK_POLICY + "/" + name);
    }

    /** Refuses what {@link #deleteDefinition} would. */
    public void checkDeleteDefinition(String key) {
        if (!definitions.has(key)) {
            throw new NotFoundException("no such network attachment definition: name=" + key);
        }
        long users = nics.users(key);
        check(users == 0, "name must not be in use by NICs: name=" + key + " nics=" + users);
    }

    public void deleteDefinition(String key) {
        checkDeleteDefinition(key);
        definitions.remove(key);
        serve();
        objects.remove(ObjectKind.NETWORK_ATTACHMENT + "/" + key);
    }

    /** The guests' NICs on them. */
    public BridgedNics nics() {
        return nics;
    }

    public List<Bridge> bridges() {
        synchronized (bridges) {
            return bridges.all().stream().map(BridgeViews::bridge).toList();
        }
    }

    public ListStationsResponse stations(String bridge, int limit) {
        synchronized (bridges) {
            ListStationsResponse.Builder response = ListStationsResponse.newBuilder();
            long total = 0;
            for (OpenBridge open : named(bridge)) {
                List<Station> stations = BridgeViews.stations(open);
                total += stations.size();
                stations.stream().limit(limit).forEach(response::addStations);
            }
            return response.setTotal(total).build();
        }
    }

    public ListGroupsResponse groups(String bridge, int limit) {
        synchronized (bridges) {
            ListGroupsResponse.Builder response = ListGroupsResponse.newBuilder();
            long total = 0;
            for (OpenBridge open : named(bridge)) {
                List<GroupMember> members = BridgeViews.groups(open);
                total += members.size();
                members.stream().limit(limit).forEach(response::addMembers);
            }
            return response.setTotal(total).build();
        }
    }

    /** All of them where no name is given. */
    private List<OpenBridge> named(String bridge) {
        return bridge.isEmpty() ? bridges.all() : List.of(bridges.bridge(bridge));
    }

    public void setStation(SetStationRequest request) {
        synchronized (bridges) {
            OpenBridge open = bridges.bridge(request.getBridge());
            boolean filtering = open.settings().policy().vlanFiltering();
            int vlan = request.getVlan();
            check(
                    filtering ? vlan >= 1 && vlan <= 4094 : vlan == 0,
                    (filtering ? "vlan must be 1-4094" : "vlan must be 0: the bridge filters none")
                            + ": vlan="
                            + vlan);
            long mac = AddressText.mac(request.getMac());
            check(
                    mac != 0 && (mac & 0x0100_0000_0000L) == 0,
                    "mac must be a station's address: mac=" + request.getMac());
            if (request.getPort().isEmpty()) {
                boolean removed = open.worker().ask(on -> open.bridge().removeStation(vlan, mac));
                if (!removed) {
                    throw new NotFoundException("no such station: mac=" + request.getMac());
                }
                return;
            }
            OpenPort port =
                    bridges.find(request.getPort())
                            .filter(found -> found.bridge() == open)
                            .orElseThrow(
                                    () ->
                                            new NotFoundException(
                                                    "no such port of the bridge: port="
                                                            + request.getPort()));
            boolean done =
                    open.worker()
                            .ask(
                                    on ->
                                            open.bridge()
                                                    .putStation(
                                                            vlan,
                                                            mac,
                                                            port.port(),
                                                            request.getSticky(),
                                                            System.nanoTime()));
            check(done, "stations of a bridge are at their limit: bridge=" + open.name());
        }
    }

    public List<Policy> policies() {
        return policies.all();
    }

    public List<AttachmentDefinition> definitions() {
        return definitions.all().stream().map(this::definition).toList();
    }

    private AttachmentDefinition definition(NetworkDefinition from) {
        String key = NetworkDefinitions.key(from);
        return AttachmentDefinition.newBuilder()
                .setNamespace(key.substring(0, key.indexOf('/')))
                .setName(from.name())
                .setBridge(from.bridge().bridge())
                .setVlan(from.bridge().vlan())
                .setTrunk(
                        String.join(
                                ",",
                                from.bridge().vlanTrunk().stream().map(Object::toString).toList()))
                .setPreserveDefaultVlan(from.bridge().preserveDefaultVlan())
                .setMacspoofchk(from.bridge().macspoofchk())
                .setPorts((int) nics.users(key))
                .build();
    }

    private static void check(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
