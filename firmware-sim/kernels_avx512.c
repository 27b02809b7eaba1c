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

const struct tnpu_kernels tnpu_kernels_avx512 = {
	.name = "avx512-vnni",
	.gemm = {
		[TNPU_WFORMAT_INT4_G32] = lanes_gemm_int4,
		[TNPU_WFORMAT_INT8_G32] = lanes_gemm_int8,
		[TNPU_WFORMAT_F16] = lanes_gemm_f16,
		[TNPU_WFORMAT_BF16] = lanes_gemm_bf16,
		[TNPU_WFORMAT_F32] = lanes_gemm_f32,
	},
	.quantize = tnpu_rows_quantize,
	.norm = lanes_norm,
	.act = tnpu_rows_act,
	.glu = tnpu_rows_glu,
	.scores = lanes_scores,
	.max = lanes_max,
	.values = lanes_values,
	.softmax_exp = tnpu_rows_softmax_exp,
};

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif /* __x86_64__ */
