/*
 * load-programs OBJECT: loads each program of an eBPF object as BpfObject does, all constants nonzero so that no code is left out, and prints
 * "LOADED name", or "REFUSED name" and the verifier's last words. For kernels where no JVM runs.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECTIONS 64
#define LOG_BYTES (1 << 20)

static const char *file;
static const Elf64_Ehdr *elf;
static const Elf64_Shdr *sections;
static const Elf64_Sym *symbols;
static const char *names;
static int data_maps[SECTIONS];
static int map_fds[4096]; /* by symbol */

static int bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static const char *section_name(int index)
{
	return file + sections[elf->e_shstrndx].sh_offset + sections[index].sh_name;
}

static int make_map(int type, int key, int value, int entries, int flags)
{
	union bpf_attr a = {.map_type = type, .key_size = key, .value_size = value, .max_entries = entries, .map_flags = flags};
	int fd = bpf(BPF_MAP_CREATE, &a);
	if (fd < 0)
		printf("REFUSED map: errno %d\n", errno);
	return fd;
}

static int data_map(int section)
{
	int constant = strcmp(section_name(section), ".rodata") == 0;
	int size = sections[section].sh_size, key = 0;
	if (data_maps[section])
		return data_maps[section];
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 4, size, 1, constant ? BPF_F_RDONLY_PROG : BPF_F_MMAPABLE);
	if (constant) {
		void *ones = malloc(size);
		memset(ones, 1, size);
		union bpf_attr fill = {.map_fd = fd, .key = (uintptr_t)&key, .value = (uintptr_t)ones}, freeze = {.map_fd = fd};
		if (bpf(BPF_MAP_UPDATE_ELEM, &fill) || bpf(BPF_MAP_FREEZE, &freeze))
			printf("REFUSED constants: errno %d\n", errno);
	}
	return data_maps[section] = fd;
}

static int defined_map(int symbol)
{
	const Elf64_Sym *s = &symbols[symbol];
	const uint32_t *d = (const void *)(file + sections[s->st_shndx].sh_offset + s->st_value);
	if (!map_fds[symbol])
		map_fds[symbol] = make_map(d[0], d[1], d[2], d[3], d[4]);
	return map_fds[symbol];
}

static void relocate(struct bpf_insn *code, int section)
{
	for (int i = 0; i < elf->e_shnum; i++) {
		if (sections[i].sh_type != SHT_REL || (int)sections[i].sh_info != section)
			continue;
		const Elf64_Rel *r = (const void *)(file + sections[i].sh_offset);
		for (unsigned n = 0; n < sections[i].sh_size / sizeof(*r); n++) {
			struct bpf_insn *at = &code[r[n].r_offset / sizeof(*code)];
			int symbol = ELF64_R_SYM(r[n].r_info), in = symbols[symbol].st_shndx;
			int is_map = strcmp(section_name(in), "maps") == 0;
			int is_section = ELF64_ST_TYPE(symbols[symbol].st_info) == STT_SECTION;
			at[1].imm = is_map ? 0 : at[0].imm + (is_section ? 0 : (int)symbols[symbol].st_value);
			at[0].imm = is_map ? defined_map(symbol) : data_map(in);
			at[0].src_reg = is_map ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
		}
	}
}

static void load_for(const Elf64_Sym *function, int type, int attach_type)
{
	static char log[LOG_BYTES];
	const Elf64_Shdr *section = &sections[function->st_shndx];
	struct bpf_insn *code = malloc(section->sh_size);
	memcpy(code, file + section->sh_offset, section->sh_size);
	relocate(code, function->st_shndx);
	union bpf_attr a = {.prog_type = type,
			    .expected_attach_type = attach_type,
			    .insns = (uintptr_t)(code + function->st_value / sizeof(*code)),
			    .insn_cnt = function->st_size / sizeof(*code),
			    .license = (uintptr_t) "GPL"};
	int fd = bpf(BPF_PROG_LOAD, &a);
	if (fd < 0) {
		int why = errno;
		a.log_level = 1;
		a.log_size = LOG_BYTES;
		a.log_buf = (uintptr_t)log;
		bpf(BPF_PROG_LOAD, &a);
		size_t length = strlen(log);
		printf("REFUSED %s: errno %d\n%s\n", names + function->st_name, why, log + (length > 1500 ? length - 1500 : 0));
		return;
	}
	printf("LOADED %s\n", names + function->st_name);
}

/* Calls at sockets that have the program of this name. */
static const struct {
	const char *name;
	int attach_type;
} calls[] = {
	{"vdp_lead4", BPF_CGROUP_INET4_CONNECT}, {"vdp_lead4", BPF_CGROUP_UDP4_SENDMSG}, {"vdp_lead6", BPF_CGROUP_INET6_CONNECT},
	{"vdp_lead6", BPF_CGROUP_UDP6_SENDMSG},  {"vdp_lead_back4", BPF_CGROUP_UDP4_RECVMSG}, {"vdp_lead_back4", BPF_CGROUP_INET4_GETPEERNAME},
	{"vdp_lead_back6", BPF_CGROUP_UDP6_RECVMSG},  {"vdp_lead_back6", BPF_CGROUP_INET6_GETPEERNAME},
};

static void load(const Elf64_Sym *function)
{
	int found = 0;
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].name, names + function->st_name))
			continue;
		load_for(function, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, calls[i].attach_type);
		found = 1;
	}
	if (!found)
		load_for(function, BPF_PROG_TYPE_SCHED_CLS, 0);
}

int main(int count, char **words)
{
	struct stat status;
	int fd = open(words[count - 1], O_RDONLY);
	if (fd < 0 || fstat(fd, &status))
		return 1;
	file = mmap(0, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	elf = (const void *)file;
	sections = (const void *)(file + elf->e_shoff);
	int symbol_count = 0;
	for (int i = 0; i < elf->e_shnum; i++) {
		if (sections[i].sh_type != SHT_SYMTAB)
			continue;
		symbols = (const void *)(file + sections[i].sh_offset);
		symbol_count = sections[i].sh_size / sizeof(*symbols);
		names = file + sections[sections[i].sh_link].sh_offset;
	}
	for (int i = 0; i < symbol_count; i++)
		if (ELF64_ST_TYPE(symbols[i].st_info) == STT_FUNC)
			load(&symbols[i]);
	return 0;
}
