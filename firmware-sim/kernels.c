// SPDX-License-Identifier: MIT
/* Which instruction sets there are, and which of them this host runs. */
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "kernels.h"

static const struct tnpu_kernels *isa_kernels(enum tnpu_isa isa)
{
	switch (isa) {
	case TNPU_ISA_SCALAR:
		return &tnpu_kernels_scalar;
#if defined(__x86_64__)
	case TNPU_ISA_AVX2:
		return &tnpu_kernels_avx2;
	case TNPU_ISA_AVX512_VNNI:
		return &tnpu_kernels_avx512;
#endif
	default:
		return NULL;
	}
}

#if defined(__x86_64__)
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

static bool host_has_avx512(void)
{
	return host_has_avx2() && __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
}
#else
static bool host_has_avx2(void)
{
	return false;
}

static bool host_has_avx512(void)
{
	return false;
}
#endif

bool tnpu_isa_supported(enum tnpu_isa isa)
{
	switch (isa) {
	case TNPU_ISA_AUTO:
	case TNPU_ISA_SCALAR:
		return true;
	case TNPU_ISA_AVX2:
		return host_has_avx2();
	case TNPU_ISA_AVX512_VNNI:
		return host_has_avx512();
	}
	return false;
}

static enum tnpu_isa best_isa(void)
{
	if (host_has_avx512())
		return TNPU_ISA_AVX512_VNNI;
	if (host_has_avx2())
		return TNPU_ISA_AVX2;
	return TNPU_ISA_SCALAR;
}

const struct tnpu_kernels *tnpu_kernels_get(enum tnpu_isa isa)
{
	if (isa == TNPU_ISA_AUTO)
		isa = best_isa();
	return tnpu_isa_supported(isa) ? isa_kernels(isa) : NULL;
}

const char *tnpu_isa_name(enum tnpu_isa isa)
{
	switch (isa) {
	case TNPU_ISA_AUTO:
		return "auto";
	case TNPU_ISA_SCALAR:
		return "scalar";
	case TNPU_ISA_AVX2:
		return "avx2";
	case TNPU_ISA_AVX512_VNNI:
		return "avx512-vnni";
	}
	return NULL;
}
