package io.virtdataplane.sys;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Assembles eBPF instructions (linux/bpf.h, RFC 9669) with labels for forward jumps, so that the
 * small programs of the data plane stand in this source tree as they run, without a compiler at
 * build or run time. Registers: 0 result, 1-5 arguments, 6-9 kept over calls, 10 frame pointer.
 */
public final class BpfAssembler {
    private static final int JMP = 0x05;
    private static final int ALU64 = 0x07;
    private static final int REGISTER_SOURCE = 0x08;
    private static final int PSEUDO_MAP_FD = 1;
    private static final int PSEUDO_MAP_VALUE = 2;

    /** Width of a memory access: BPF_B, BPF_H, BPF_W, BPF_DW. */
    public enum Size {
        BYTE(0x10),
        HALF(0x08),
        WORD(0x00),
        DOUBLE(0x18);

        private final int bits;

        Size(int bits) {
            this.bits = bits;
        }
    }

    /** The condition of a jump, unsigned: BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JSET. */
    public enum Condition {
        EQUAL(0x10),
        GREATER(0x20),
        ANY_BIT(0x40),
        NOT_EQUAL(0x50);

        private final int bits;

        Condition(int bits) {
            this.bits = bits;
        }
    }

    /** An operation on a register: BPF_ADD, BPF_OR, BPF_AND, BPF_LSH, BPF_MOV. */
    public enum Operation {
        ADD(0x00),
        OR(0x40),
        AND(0x50),
        SHIFT_LEFT(0x60),
        MOVE(0xb0);

        private final int bits;

        Operation(int bits) {
            this.bits = bits;
        }
    }

    private record Jump(int at, String label) {}

    private final List<Long> code = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<Jump> jumps = new ArrayList<>();

    public BpfAssembler label(String name) {
        labels.put(name, code.size());
        return this;
    }

    public BpfAssembler op(Operation operation, int destination, int immediate) {
        return add(ALU64 | operation.bits, destination, 0, 0, immediate);
    }

    public BpfAssembler opRegister(Operation operation, int destination, int source) {
        return add(ALU64 | operation.bits | REGISTER_SOURCE, destination, source, 0, 0);
    }

    public BpfAssembler move(int destination, int immediate) {
        return op(Operation.MOVE, destination, immediate);
    }

    /** All 64 bits; an immediate of the other instructions would be sign-extended. */
    public BpfAssembler moveLong(int destination, long value) {
        add(0x18, destination, 0, 0, (int) value);
        code.add(value & 0xffff_ffff_0000_0000L);
        return this;
    }

    /** How many instructions there are yet: makes labels of repeated parts unique. */
    public int position() {
        return code.size();
    }

    public BpfAssembler copy(int destination, int source) {
        return opRegister(Operation.MOVE, destination, source);
    }

    /** From network order to the machine's, 16 or 32 bits. */
    public BpfAssembler networkToHost(int register, int bits) {
        add(0xdc, register, 0, 0, bits);
        return bits == 16
                ? op(Operation.AND, register, 0xffff)
                : this; // verifiers before 6.18 forget the bound
    }

    public BpfAssembler load(Size size, int destination, int base, int offset) {
        return add(0x61 | size.bits, destination, base, offset, 0);
    }

    public BpfAssembler store(Size size, int base, int offset, int source) {
        return add(0x63 | size.bits, base, source, offset, 0);
    }

    public BpfAssembler storeImmediate(Size size, int base, int offset, int immediate) {
        return add(0x62 | size.bits, base, 0, offset, immediate);
    }

    public BpfAssembler mapReference(int destination, BpfMap map) {
        add(0x18, destination, PSEUDO_MAP_FD, 0, map.fd().number());
        code.add(0L);
        return this;
    }

    /** The address of the only value of an array map, plus {@code offset}. */
    public BpfAssembler mapValue(int destination, BpfMap map, int offset) {
        add(0x18, destination, PSEUDO_MAP_VALUE, 0, map.fd().number());
        code.add((long) offset << 32);
        return this;
    }

    public BpfAssembler jump(String label) {
        return jumpTo(JMP, 0, 0, 0, label);
    }

    public BpfAssembler jumpIf(int register, Condition condition, int immediate, String label) {
        return jumpTo(JMP | condition.bits, register, 0, immediate, label);
    }

    public BpfAssembler jumpIfRegister(int register, Condition condition, int other, String label) {
        return jumpTo(JMP | condition.bits | REGISTER_SOURCE, register, other, 0, label);
    }

    public BpfAssembler call(int helper) {
        return add(0x85, 0, 0, 0, helper);
    }

    public BpfAssembler exit() {
        return add(0x95, 0, 0, 0, 0);
    }

    long[] assemble() {
        for (Jump jump : jumps) {
            int offset = labels.get(jump.label()) - jump.at() - 1;
            code.set(jump.at(), code.get(jump.at()) | (offset & 0xffffL) << 16);
        }
        return code.stream().mapToLong(Long::longValue).toArray();
    }

    private BpfAssembler jumpTo(int opcode, int register, int other, int immediate, String label) {
        jumps.add(new Jump(code.size(), label));
        return add(opcode, register, other, 0, immediate);
    }

    private BpfAssembler add(int opcode, int destination, int source, int offset, int immediate) {
        code.add(
                opcode & 0xffL
                        | (long) (destination | source << 4) << 8
                        | (offset & 0xffffL) << 16
                        | (long) immediate << 32);
        return this;
    }
}
