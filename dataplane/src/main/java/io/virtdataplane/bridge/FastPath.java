package io.virtdataplane.bridge;

import java.lang.foreign.MemorySegment;

/**
 * Memory that a bridge shares with the programs at its ports' devices.
 *
 * @param conversations zeroed, of {@link ConversationTable#BUCKET} bytes each
 * @param stations zeroed, of {@link Stations#ENTRY} bytes each
 * @param seed not to be guessed by a guest; the programs have it, too
 */
public record FastPath(MemorySegment conversations, MemorySegment stations, long seed) {
    /** All frames are walked. */
    public static final FastPath NONE = new FastPath(MemorySegment.NULL, MemorySegment.NULL, 0);

    public boolean isOn() {
        return conversations.byteSize() > 0;
    }
}
