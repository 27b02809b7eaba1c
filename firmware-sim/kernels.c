// SPDX-License-Identifier: MIT
/* Which instruction sets there are, and which of them this host runs. */
#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "kernels.h"

/**
 * struct isa - an instruction set
 * @kernels: NULL: of another architecture
 * @host_has: NULL: every host of the architecture has it
 */
struct isa {
	const char *name;
	const struct tnpu_kernels *kernels;
	bool (*host_has)(void);
};

#if defined(__x86_64__)
/* Not every compiler's headers know these. */
#define CPUID_AVX_VNNI		(1u << 4)	/* leaf 7, 1: EAX */
#define CPUID_AMX_TILE		(1u << 24)	/* leaf 7, 0: EDX */
#define CPUID_AMX_INT8		(1u << 25)
#define ARCH_REQ_XCOMP_PERM	0x1023
#define XFEATURE_XTILEDATA	18

/* Not every compiler's __builtin_cpu_supports() knows it. */
static bool host_has_f16c(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && ecx & bit_F16C;
}

/* __builtin_cpu_supports() asks the operating system too, whether it saves the state. */
static bool host_has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && host_has_f16c();
}

static bool host_has_avxvnni(void)
{
	unsigned int eax, ebx, ecx, edx;

	return host_has_avx2() && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) &&
	       eax & CPUID_AVX_VNNI;
}

static bool host_has_avx512(void)
{
	return host_has_avx2() && __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
}

/* Linux saves tiles for processes that have asked for them, where it saves them at all. */
static bool host_allows_tiles(void)
{
	return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

static bool host_has_amx(void)
{
	const unsigned int tiles = CPUID_AMX_TILE | CPUID_AMX_INT8;
	unsigned int eax, ebx, ecx, edx;

	return host_has_avx512() && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) &&
	       (edx & tiles) == tiles && host_allows_tiles();
}
#elif defined(__aarch64__)
/* The kernel tells what all processors of the host have. */
static bool host_has_dotprod(void)
{
	return getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
}
#endif

/* Of those that a host has, the last is the best. */
static const struct isa isas[TNPU_ISAS] = {
	[TNPU_ISA_AUTO] = { .name = "auto" },
	[TNPU_ISA_SCALAR] = { .name = "scalar", .kernels = &tnpu_kernels_scalar },
	[TNPU_ISA_AVX2] = {
		.name = "avx2",
#if defined(__x86_64__)
		.kernels = &tnpu_kernels_avx2,
		.host_has = host_has_avx2,
#endif
	},
	[TNPU_ISA_AVX_VNNI] = {
		.name = "avx-vnni",
#if defined(__x86_64__)
		.kernels = &tnpu_kernels_avxvnni,
		.host_has = host_has_avxvnni,
#endif
	},
	[TNPU_ISA_AVX512_VNNI] = {
		.name = "avx512-vnni",
#if defined(__x86_64__)
		.kernels = &tnpu_kernels_avx512,
		.host_has = host_has_avx512,
#endif
	},
	[TNPU_ISA_AMX_INT8] = {
		.name = "amx-int8",
#if defined(__x86_64__)
		.kernels = &tnpu_kernels_amx,
		.host_has = host_has_amx,
#endif
	},
	[TNPU_ISA_NEON_DOTPROD] = {
		.name = "neon-dotprod",
#if defined(__aarch64__)
		.kernels = &tnpu_kernels_neon,
		.host_has = host_has_dotprod,
#endif
	},
};

bool tnpu_isa_supported(enum tnpu_isa isa)
{
	if (isa == TNPU_ISA_AUTO)
		return true;
	if (isa >= TNPU_ISAS || !isas[isa].kernels)
		return false;
	return !isas[isa].host_has || isas[isa].host_has();
}

static enum tnpu_isa best_isa(void)
{
	enum tnpu_isa isa = TNPU_ISAS - 1;

	while (!tnpu_isa_supported(isa))
		isa--;
	return isa;
}

const struct tnpu_kernels *tnpu_kernels_get(enum tnpu_isa isa)
{
	if (isa == TNPU_ISA_AUTO)
		isa = best_isa();
	return tnpu_isa_supported(isa) ? isas[isa].kernels : NULL;
}

const char *tnpu_isa_name(enum tnpu_isa isa)
{
	return isa < TNPU_ISAS ? isas[isa].name : NULL;
}
