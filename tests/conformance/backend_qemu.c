// SPDX-License-Identifier: MIT
/*
 * QEMU's PCIe device as the device that traces are replayed against: a machine without a guest,
 * whose test bus (-qtest) does each access that it is told. The environment variable
 * QTEST_QEMU_BINARY names QEMU, as it does for QEMU's own tests.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay.h"

/* Of the machine's memory; the rest of it is nobody's. */
#define QEMU_SYS	UINT64_C(0x1000000)
#define QEMU_MESSAGES	UINT64_C(0x1800000)
#define QEMU_NOWHERE	(UINT64_C(1) << 40)
#define QEMU_BIOS_SIZE	65536
#define QEMU_LOOK_NS	10000

/* Where the BARs are put. */
#define QEMU_BAR0	UINT64_C(0xe0000000)
#define QEMU_BAR2	UINT64_C(0x1000000000)
#define QEMU_BAR4	UINT64_C(0xe1000000)

/* PCI, by the machine's ports. */
#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc
#define PCI_DEVFN	(4 << 3)
#define PCI_BAR(n)	(PCI_BASE_ADDRESS_0 + 4 * (n))

/**
 * struct qemu - a machine
 * @to, @from: its test bus
 * @vectors: that the device has
 * @raised: messages seen of each
 */
struct qemu {
	pid_t pid;
	FILE *to;
	FILE *from;
	unsigned int vectors;
	unsigned int raised[REPLAY_VECTORS];
};

/* ---- The test bus ------------------------------------------------------------------ */

/* "OK", or "OK 0xVALUE". A machine that says anything else is of no use any more. */
__attribute__((format(printf, 2, 3)))
static uint64_t qemu_ask(struct qemu *q, const char *format, ...)
{
	char line[128];
	va_list args;

	va_start(args, format);
	vfprintf(q->to, format, args);
	va_end(args);
	putc('\n', q->to);
	if (fflush(q->to) || !fgets(line, sizeof(line), q->from) || strncmp(line, "OK", 2))
		errx(1, "QEMU's test bus has failed");
	return strtoull(line + 2, NULL, 0);
}

static void qemu_write(struct qemu *q, uint64_t addr, uint32_t value)
{
	qemu_ask(q, "writel 0x%" PRIx64 " 0x%x", addr, value);
}

static uint32_t qemu_config_read(struct qemu *q, unsigned int reg)
{
	qemu_ask(q, "outl 0x%x 0x%x", PCI_ADDRESS, 1u << 31 | PCI_DEVFN << 8 | reg);
	return qemu_ask(q, "inl 0x%x", PCI_DATA);
}

static void qemu_config_write(struct qemu *q, unsigned int reg, uint32_t value)
{
	qemu_ask(q, "outl 0x%x 0x%x", PCI_ADDRESS, 1u << 31 | PCI_DEVFN << 8 | reg);
	qemu_ask(q, "outl 0x%x 0x%x", PCI_DATA, value);
}

/* ---- The machine -------------------------------------------------------------------- */

/* No processor runs: any file does for a BIOS. */
static int qemu_bios(void)
{
	int fd = memfd_create("bios", 0);

	if (fd < 0 || ftruncate(fd, QEMU_BIOS_SIZE))
		err(1, "memfd_create");
	return fd;
}

static void qemu_exec(const char *binary, int from, int to)
{
	char bios[32];

	snprintf(bios, sizeof(bios), "/proc/self/fd/%d", qemu_bios());
	dup2(from, STDIN_FILENO);
	dup2(to, STDOUT_FILENO);
	/* Nothing of it is left when a test is killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(binary, binary, "-machine", "q35,accel=qtest", "-m", "64", "-nodefaults",
	      "-display", "none", "-bios", bios, "-global", "apic-common.vapic=off",
	      "-device", "tnpu,mem-size=16M,queues=4,addr=4.0", "-qtest", "stdio",
	      "-qtest-log", "none", (char *)NULL);
	err(127, "%s", binary);
}

static void qemu_start(struct qemu *q, const char *binary)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		err(1, "pipe");
	q->pid = fork();
	if (q->pid < 0)
		err(1, "fork");
	if (!q->pid)
		qemu_exec(binary, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	q->to = fdopen(to[1], "w");
	q->from = fdopen(from[0], "r");
	if (!q->to || !q->from)
		err(1, "fdopen");
}

/* Each vector's message is a 1 at an address of its own. */
static void qemu_unmask(struct qemu *q)
{
	unsigned int cap = qemu_config_read(q, PCI_CAPABILITY_LIST) & 0xfc, i;
	uint32_t head;
	uint64_t entry;

	while ((head = qemu_config_read(q, cap), (head & 0xff) != PCI_CAP_ID_MSIX))
		cap = head >> 8 & 0xfc;
	/* The upper half of this word is the capability's flags. */
	q->vectors = (head >> 16 & PCI_MSIX_FLAGS_QSIZE) + 1;
	for (i = 0; i < q->vectors; i++) {
		entry = QEMU_BAR4 + PCI_MSIX_ENTRY_SIZE * i;
		qemu_write(q, entry + PCI_MSIX_ENTRY_LOWER_ADDR, QEMU_MESSAGES + 4 * i);
		qemu_write(q, entry + PCI_MSIX_ENTRY_UPPER_ADDR, 0);
		qemu_write(q, entry + PCI_MSIX_ENTRY_DATA, 1);
		qemu_write(q, entry + PCI_MSIX_ENTRY_VECTOR_CTRL, 0);
	}
	qemu_config_write(q, cap, head | (uint32_t)PCI_MSIX_FLAGS_ENABLE << 16);
}

static void *qemu_open(void)
{
	const char *binary = getenv("QTEST_QEMU_BINARY");
	struct qemu *q = binary ? calloc(1, sizeof(*q)) : NULL;

	if (!q)
		return NULL;
	qemu_start(q, binary);
	qemu_config_write(q, PCI_BAR(0), QEMU_BAR0);
	qemu_config_write(q, PCI_BAR(2), (uint32_t)QEMU_BAR2);
	qemu_config_write(q, PCI_BAR(3), QEMU_BAR2 >> 32);
	qemu_config_write(q, PCI_BAR(4), QEMU_BAR4);
	qemu_config_write(q, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	qemu_unmask(q);
	return q;
}

static void qemu_close(void *dev)
{
	struct qemu *q = dev;

	kill(q->pid, SIGTERM);
	waitpid(q->pid, NULL, 0);
	fclose(q->to);
	fclose(q->from);
	free(q);
}

/* ---- Accesses ------------------------------------------------------------------------- */

/* On the test bus time passes only when it is told to: whoever looks lets some go by. */
static void qemu_pass(struct qemu *q)
{
	qemu_ask(q, "clock_step %d", QEMU_LOOK_NS);
}

static uint32_t qemu_read32(void *dev, uint64_t offset)
{
	qemu_pass(dev);
	return qemu_ask(dev, "readl 0x%" PRIx64, QEMU_BAR0 + offset);
}

static void qemu_write32(void *dev, uint64_t offset, uint32_t value)
{
	qemu_write(dev, QEMU_BAR0 + offset, value);
}

static char qemu_suffix(size_t size)
{
	return size == 8 ? 'q' : size == 4 ? 'l' : size == 2 ? 'w' : 'b';
}

static uint64_t qemu_address(enum replay_space space, uint64_t addr)
{
	return space == REPLAY_MEM ? QEMU_BAR2 + addr : addr;
}

static uint64_t qemu_load(void *dev, enum replay_space space, uint64_t addr, size_t size)
{
	qemu_pass(dev);
	return qemu_ask(dev, "read%c 0x%" PRIx64, qemu_suffix(size), qemu_address(space, addr));
}

static void qemu_store(void *dev, enum replay_space space, uint64_t addr, size_t size,
		       uint64_t value)
{
	qemu_ask(dev, "write%c 0x%" PRIx64 " 0x%" PRIx64, qemu_suffix(size),
		 qemu_address(space, addr), value);
}

/* Messages that come between two looks count as one, which is all that a trace asks. */
static unsigned int qemu_interrupts(void *dev, unsigned int vector)
{
	const uint64_t message = QEMU_MESSAGES + 4 * vector;
	struct qemu *q = dev;

	if (vector < q->vectors && qemu_ask(q, "readl 0x%" PRIx64, message)) {
		qemu_write(q, message, 0);
		q->raised[vector]++;
	}
	return q->raised[vector];
}

const struct replay_backend replay_qemu = {
	.open = qemu_open,
	.close = qemu_close,
	.read32 = qemu_read32,
	.write32 = qemu_write32,
	.load = qemu_load,
	.store = qemu_store,
	.interrupts = qemu_interrupts,
	.sys_base = QEMU_SYS,
	.nowhere = QEMU_NOWHERE,
};
