package io.virtdataplane.port;

import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.FlowNotes;
import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.sys.BpfRun;
import io.virtdataplane.sys.BpfRun.About;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.wire.Ip;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** The programs that carry frames of a NIC, loaded and run on frames, with the NIC's flow table. */
public final class CarriedPrograms implements AutoCloseable {
    private static final int UPLINK = 1;
    private static final int TAP = 2;
    private static final int LOOPBACK = 1;
    private static final int GUEST = 3;
    private static final int GUEST_TAP = 4;

    private final BpfObject object;
    private final FlowTable flows;
    private final SteeringTables tables;
    private final Fd guest;
    private final Fd ingress;

    public CarriedPrograms(
            DualStack addresses, int uplinkMtu, int guestMtu, long gatewayMac, int flowCount) {
        long seed = 0x1234_5678_9abc_def0L;
        PodAddresses pod =
                new PodAddresses(
                        Ip.ipv4(addresses.ipv4().podLow()),
                        24,
                        addresses.ipv6().podHigh(),
                        addresses.ipv6().podLow(),
                        64);
        object = PodPrograms.of(pod, new PodPrograms.Devices(UPLINK, TAP, LOOPBACK));
        PodPrograms.carry(
                object,
                new PodPrograms.Carried(
                        addresses,
                        GUEST,
                        GUEST_TAP,
                        guestMtu,
                        uplinkMtu,
                        gatewayMac,
                        flowCount,
                        seed));
        guest = BpfRun.loaded(() -> object.load("vdp_guest"));
        ingress = object.load("vdp_ingress");
        tables = new SteeringTables(object);
        flows =
                new FlowTable(
                        object.memoryOfMap("flows"),
                        object.memory("nic"),
                        object.memory("carried"),
                        object.memory("notes"),
                        seed);
    }

    /** Whose a port is, as they are told. */
    public SteeringTables tables() {
        return tables;
    }

    /** A guest's frame, to be run so many times. */
    public BpfRun outward(byte[] frame, int repeat) {
        return new BpfRun(guest, frame, About.NOTHING, repeat);
    }

    public FlowTable flows() {
        return flows;
    }

    /**
     * The frame as it is sent on, or null: it was not carried, and nothing of it was changed.
     *
     * @param segment payload of the segments that it is to be cut into, or 0
     */
    public byte[] carry(boolean fromGuest, byte[] frame, int segment) {
        BpfRun run = new BpfRun(fromGuest ? guest : ingress, frame, new About(0, 0, segment), 1);
        int action = run.run();
        boolean isUnchanged = Arrays.equals(run.frame(), frame);
        if (action == BpfRun.REDIRECT && !isUnchanged) {
            return run.frame();
        }
        boolean isLeft = action == BpfRun.NEXT && !fromGuest; // to the pod's kernel
        if (!isUnchanged || action != BpfRun.REDIRECT && !isLeft) {
            throw new AssertionError("action=" + action + " unchanged=" + isUnchanged);
        }
        return null;
    }

    /** All flows have last carried a frame then, as the kernel would say. */
    public void carriedAt(long ns) {
        MemorySegment table = object.memoryOfMap("flows");
        long entry = 64;
        for (long at = 0; at < table.byteSize(); at += entry) {
            boolean isEntry = at % FlowTable.BUCKET < FlowTable.WAYS * entry;
            if (isEntry && table.get(ValueLayout.JAVA_LONG, at) != 0) {
                table.set(ValueLayout.JAVA_LONG, at + 32, ns);
            }
        }
    }

    /** As if very many other flows had been noted since. */
    public void loseNotes() {
        MemorySegment notes = object.memory("notes");
        notes.asSlice(Long.BYTES).fill((byte) 0xff);
        long count = notes.get(ValueLayout.JAVA_LONG, 0);
        notes.set(ValueLayout.JAVA_LONG, 0, count + FlowNotes.MOST);
    }

    @Override
    public void close() {
        object.close();
    }
}
