// SPDX-License-Identifier: MIT
/*
 * Kernels for NEON with the dot product instructions of Armv8.2: four vectors hold the 16
 * rows of a row block.
 */
#if defined(__aarch64__)

#include <arm_neon.h>

#include "kernels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#else
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif

#include "numerics.h"

#define LANES_CHAINS	4
#define LANES_SUMS	4
#define DOT_ROWS	4

struct v16 {
	float32x4_t part[4];
};

static __always_inline struct v16 v16_set1(float x)
{
	float32x4_t v = vdupq_n_f32(x);

	return (struct v16){ { v, v, v, v } };
}

static __always_inline struct v16 v16_zero(void)
{
	return v16_set1(0.0f);
}

static __always_inline struct v16 v16_fma(struct v16 a, struct v16 b, struct v16 c)
{
	return (struct v16){ { vfmaq_f32(c.part[0], a.part[0], b.part[0]),
			       vfmaq_f32(c.part[1], a.part[1], b.part[1]),
			       vfmaq_f32(c.part[2], a.part[2], b.part[2]),
			       vfmaq_f32(c.part[3], a.part[3], b.part[3]) } };
}

static __always_inline struct v16 v16_mul(struct v16 a, struct v16 b)
{
	return (struct v16){ { vmulq_f32(a.part[0], b.part[0]), vmulq_f32(a.part[1], b.part[1]),
			       vmulq_f32(a.part[2], b.part[2]), vmulq_f32(a.part[3], b.part[3]) } };
}

static __always_inline struct v16 v16_add(struct v16 a, struct v16 b)
{
	return (struct v16){ { vaddq_f32(a.part[0], b.part[0]), vaddq_f32(a.part[1], b.part[1]),
			       vaddq_f32(a.part[2], b.part[2]), vaddq_f32(a.part[3], b.part[3]) } };
}

/* Operands may lie at any byte, so all loads are of bytes. */
static __always_inline uint8x16_t load_bytes(const void *p, uint32_t index)
{
	return vld1q_u8((const uint8_t *)p + index * 16);
}

static __always_inline struct v16 v16_load_f32(const void *p)
{
	return (struct v16){ { vreinterpretq_f32_u8(load_bytes(p, 0)),
			       vreinterpretq_f32_u8(load_bytes(p, 1)),
			       vreinterpretq_f32_u8(load_bytes(p, 2)),
			       vreinterpretq_f32_u8(load_bytes(p, 3)) } };
}

static __always_inline struct v16 v16_load_f16(const void *p)
{
	float16x8_t lo = vreinterpretq_f16_u8(load_bytes(p, 0));
	float16x8_t hi = vreinterpretq_f16_u8(load_bytes(p, 1));

	return (struct v16){ { vcvt_f32_f16(vget_low_f16(lo)), vcvt_high_f32_f16(lo),
			       vcvt_f32_f16(vget_low_f16(hi)), vcvt_high_f32_f16(hi) } };
}

static __always_inline struct v16 v16_load_bf16(const void *p)
{
	uint16x8_t lo = vreinterpretq_u16_u8(load_bytes(p, 0));
	uint16x8_t hi = vreinterpretq_u16_u8(load_bytes(p, 1));

	return (struct v16){ { vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(lo), 16)),
			       vreinterpretq_f32_u32(vshll_high_n_u16(lo, 16)),
			       vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(hi), 16)),
			       vreinterpretq_f32_u32(vshll_high_n_u16(hi, 16)) } };
}

static __always_inline struct v16 v16_load_i8(const void *p)
{
	int8x16_t v = vreinterpretq_s8_u8(load_bytes(p, 0));
	int16x8_t lo = vmovl_s8(vget_low_s8(v));
	int16x8_t hi = vmovl_high_s8(v);

	return (struct v16){ { vcvtq_f32_s32(vmovl_s16(vget_low_s16(lo))),
			       vcvtq_f32_s32(vmovl_high_s16(lo)),
			       vcvtq_f32_s32(vmovl_s16(vget_low_s16(hi))),
			       vcvtq_f32_s32(vmovl_high_s16(hi)) } };
}

static __always_inline void v16_store(float *p, struct v16 a)
{
	uint32_t i;

	for (i = 0; i < 4; i++)
		vst1q_f32(p + i * 4, a.part[i]);
}

/*
 * sdot multiplies signed bytes: an INT4 weight is one as it is stored, an INT8 weight is
 * one less its zero point of 128.
 */
struct weights {
	int8x16_t quad[8][4];
};

static __always_inline struct weights unpack(const uint8_t *p, const uint32_t bits)
{
	struct weights w;
	uint32_t i, n;

	for (i = 0; i < bits; i++) {
		for (n = 0; n < 4; n++) {
			uint8x16_t v = load_bytes(p, i * 4 + n);

			if (bits == 8) {
				v = veorq_u8(v, vdupq_n_u8(128));
				w.quad[i][n] = vreinterpretq_s8_u8(v);
				continue;
			}
			w.quad[i][n] = vreinterpretq_s8_u8(vandq_u8(v, vdupq_n_u8(0xf)));
			w.quad[i + 4][n] = vreinterpretq_s8_u8(vshrq_n_u8(v, 4));
		}
	}
	return w;
}

/* Four quads of a part of the rows; the instruction takes each quad of @q from its lane. */
static __always_inline int32x4_t dot_quads(int32x4_t sum, const int8x16_t w[4][4], uint32_t n,
					   int8x16_t q)
{
	sum = vdotq_laneq_s32(sum, w[0][n], q, 0);
	sum = vdotq_laneq_s32(sum, w[1][n], q, 1);
	sum = vdotq_laneq_s32(sum, w[2][n], q, 2);
	return vdotq_laneq_s32(sum, w[3][n], q, 3);
}

static __always_inline void dots(const struct weights *w, const int8_t *q,
				 const int32_t *offset, const uint32_t rows,
				 const uint32_t bits, struct v16 *f)
{
	int32x4_t sum[DOT_ROWS][4];
	uint32_t half, n, r;

	for (r = 0; r < rows; r++)
		for (n = 0; n < 4; n++)
			sum[r][n] = vdupq_n_s32(bits == 8 ? 0 : offset[r]);
	for (half = 0; half < 2; half++)
		for (n = 0; n < 4; n++)
			for (r = 0; r < rows; r++)
				sum[r][n] = dot_quads(sum[r][n], &w->quad[half * 4], n,
						      vld1q_s8(q + r * 32 + half * 16));
	for (r = 0; r < rows; r++)
		for (n = 0; n < 4; n++)
			f[r].part[n] = vcvtq_f32_s32(sum[r][n]);
}

static __always_inline int32_t sum_group(const uint8_t *q)
{
	int8x16_t lo = vreinterpretq_s8_u8(load_bytes(q, 0));
	int8x16_t hi = vreinterpretq_s8_u8(load_bytes(q, 1));

	return vaddlvq_s8(lo) + vaddlvq_s8(hi);
}

#include "kernels_lanes.h"

const struct tnpu_kernels tnpu_kernels_neon =
	LANES_KERNELS("neon-dotprod", lanes_gemm_int4, lanes_gemm_int8);

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif /* __aarch64__ */
