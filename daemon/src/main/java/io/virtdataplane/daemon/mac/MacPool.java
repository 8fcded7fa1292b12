package io.virtdataplane.daemon.mac;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Which NIC of which machine has which MAC address: each address once. NICs that ask for none get
 * one of the range; those that ask for one get it, inside the range or not, while no other NIC has
 * it. Thread-safe; keeps nothing over a restart.
 */
public final class MacPool {
    private final MacCursor cursor;
    private final Map<Long, MacHolder> holderByMac = new HashMap<>();
    private final Map<String, SequencedMap<String, Long>> macsByMachine = new TreeMap<>();
    private long usedInRange;

    /** An address and who has it. */
    public record Entry(long mac, MacHolder holder) {}

    public MacPool(MacRange range, RandomGenerator random) {
        this.cursor = new MacCursor(range, random);
    }

    /**
     * Gives a machine its addresses, all or none: these NICs are all that it has from now on. A NIC
     * that asks for none keeps the one it has.
     *
     * @param wanted address by NIC; 0: any
     * @return address by NIC, in the same order
     * @throws MacConflictException an address is another machine's, or is asked for twice
     * @throws MacRangeFullException too few are left
     */
    public synchronized SequencedMap<String, Long> assign(
            String machine, SequencedMap<String, Long> wanted) {
        Map<String, Long> before = macsByMachine.getOrDefault(machine, new LinkedHashMap<>());
        SequencedMap<String, Long> given = new LinkedHashMap<>();
        wanted.forEach((nic, mac) -> given.put(nic, mac == 0 ? before.getOrDefault(nic, 0L) : mac));
        check(machine, given);
        Set<Long> chosen = new HashSet<>(given.values());
        given.replaceAll((nic, mac) -> mac == 0 ? next(chosen) : mac);
        release(machine);
        given.forEach((nic, mac) -> hold(mac, new MacHolder(machine, nic)));
        if (!given.isEmpty()) {
            macsByMachine.put(machine, given);
        }
        return new LinkedHashMap<>(given);
    }

    /**
     * Gives one NIC its address; the machine's other NICs keep theirs.
     *
     * @param wanted 0: any, or the one that it has
     * @throws MacConflictException another NIC has the address
     * @throws MacRangeFullException none is left
     */
    public synchronized long take(MacHolder holder, long wanted) {
        SequencedMap<String, Long> all = new LinkedHashMap<>();
        all.putAll(macsByMachine.getOrDefault(holder.machine(), new LinkedHashMap<>()));
        if (wanted != 0 || !all.containsKey(holder.nic())) {
            all.put(holder.nic(), wanted);
        }
        return assign(holder.machine(), all).get(holder.nic());
    }

    private void check(String machine, Map<String, Long> given) {
        Map<Long, String> nicByMac = new HashMap<>();
        given.forEach(
                (nic, mac) -> {
                    if (mac == 0) {
                        return;
                    }
                    String other = nicByMac.putIfAbsent(mac, nic);
                    if (other != null) {
                        throw MacConflictException.twice(mac, other, nic);
                    }
                    MacHolder holder = holderByMac.get(mac);
                    if (holder != null && !holder.machine().equals(machine)) {
                        throw MacConflictException.held(mac, nic, holder);
                    }
                });
    }

    private long next(Set<Long> chosen) {
        if (usedInRange >= cursor.range().size()) {
            throw new MacRangeFullException(cursor.range());
        }
        long mac = cursor.next(each -> holderByMac.containsKey(each) || chosen.contains(each));
        chosen.add(mac);
        return mac;
    }

    private void hold(long mac, MacHolder holder) {
        holderByMac.put(mac, holder);
        usedInRange += isCounted(mac) ? 1 : 0;
    }

    private boolean isCounted(long mac) {
        return cursor.range().contains(mac) && mac != MacRange.GATEWAY;
    }

    /** Takes back all that the machine has; nothing where it has none. */
    public synchronized void release(String machine) {
        Map<String, Long> macs = macsByMachine.remove(machine);
        if (macs != null) {
            macs.values().forEach(this::free);
        }
    }

    /** Takes back the NIC's. */
    public synchronized void release(MacHolder holder) {
        Map<String, Long> macs = macsByMachine.get(holder.machine());
        Long mac = macs == null ? null : macs.remove(holder.nic());
        if (mac != null) {
            free(mac);
        }
        if (macs != null && macs.isEmpty()) {
            macsByMachine.remove(holder.machine());
        }
    }

    private void free(long mac) {
        holderByMac.remove(mac);
        usedInRange -= isCounted(mac) ? 1 : 0;
    }

    public synchronized Optional<MacHolder> holder(long mac) {
        return Optional.ofNullable(holderByMac.get(mac));
    }

    /** All that is held, by machine. */
    public synchronized List<Entry> entries() {
        List<Entry> all = new ArrayList<>();
        macsByMachine.forEach(
                (machine, macs) ->
                        macs.forEach(
                                (nic, mac) ->
                                        all.add(new Entry(mac, new MacHolder(machine, nic)))));
        return all;
    }

    public MacRange range() {
        return cursor.range();
    }
}
