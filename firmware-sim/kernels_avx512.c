// SPDX-License-Identifier: MIT
/* Kernels for AVX-512 with VNNI: a vector holds the 16 rows of a row block. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target( \
	"avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")
#endif

#include "kernels_v512.h"
#include "kernels_lanes.h"

const struct tnpu_kernels tnpu_kernels_avx512 =
	LANES_KERNELS("avx512-vnni", lanes_gemm_int4, lanes_gemm_int8);

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif /* __x86_64__ */
