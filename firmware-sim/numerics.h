/* SPDX-License-Identifier: MIT */
/*
 * Scalar numerics shared by every instruction set: conversions, and exp, erf, the
 * activation functions, sine and cosine by stated code. This is the C form of
 * Documentation/hardware/numerics.rst.
 *
 * libm is never asked for a value: its variants differ between hosts. fmaf() and fma()
 * are the exception, since a correctly rounded operation has one result. Functions that
 * run over whole rows have no branch that depends on data, so that a compiler may turn a
 * loop over them into vectors; without -ffast-math that cannot change a bit. Round to
 * nearest even, subnormals kept, no contraction. A NaN's sign and payload are unspecified.
 * Inlined always, so that the code takes on the instruction set of its caller.
 */
#ifndef _TNPU_NUMERICS_H_
#define _TNPU_NUMERICS_H_

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <sys/cdefs.h>

#include <tnpu/tnpu_isa.h>

static __always_inline uint32_t tnpu_f32_bits(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static __always_inline float tnpu_f32_from_bits(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static __always_inline uint64_t tnpu_f64_bits(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/* ---- Conversions ----------------------------------------------------------------------- */

/** tnpu_f16_to_f32 - exact */
static __always_inline float tnpu_f16_to_f32(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16;
	uint32_t exponent = (h >> 10) & 0x1f;
	uint32_t mantissa = h & 0x3ff;

	if (exponent == 0x1f)
		return tnpu_f32_from_bits(sign | 0x7f800000 | mantissa << 13);
	if (exponent == 0)
		return tnpu_f32_from_bits(sign | tnpu_f32_bits((float)mantissa * 0x1p-24f));
	return tnpu_f32_from_bits(sign | (exponent + 112) << 23 | mantissa << 13);
}

/** tnpu_f32_to_f16 - round to nearest even; 65520 and above become infinity */
static __always_inline uint16_t tnpu_f32_to_f16(float x)
{
	uint32_t bits = tnpu_f32_bits(x);
	uint32_t sign = (bits >> 16) & 0x8000;
	uint32_t mag = bits & 0x7fffffff;

	if (mag > 0x7f800000)
		return sign | 0x7e00;
	if (mag >= 0x477ff000)
		return sign | 0x7c00;
	/* Below 2^-14 the sum with 0.5 has the granularity of a subnormal, 2^-24. */
	if (mag < 0x38800000)
		return sign | (tnpu_f32_bits(tnpu_f32_from_bits(mag) + 0.5f) - 0x3f000000);
	return sign | (mag - 0x38000000 + 0xfff + ((mag >> 13) & 1)) >> 13;
}

/** tnpu_bf16_to_f32 - exact */
static __always_inline float tnpu_bf16_to_f32(uint16_t h)
{
	return tnpu_f32_from_bits((uint32_t)h << 16);
}

/** tnpu_f32_to_bf16 - round to nearest even */
static __always_inline uint16_t tnpu_f32_to_bf16(float x)
{
	uint32_t bits = tnpu_f32_bits(x);

	if ((bits & 0x7fffffff) > 0x7f800000)
		return bits >> 16 | 0x40;
	return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

/* ---- Quantising ------------------------------------------------------------------------ */

/**
 * tnpu_f32_magnitude - |x| as an integer that orders as magnitudes do: finite values, then
 * infinity, then NaN. The maximum of a group is taken on these, so its order cannot matter
 * and no NaN is lost.
 */
static __always_inline uint32_t tnpu_f32_magnitude(float x)
{
	return tnpu_f32_bits(x) & 0x7fffffff;
}

/**
 * tnpu_quantize_one - rne(x * inverse), clamped to -127..127; NaN gives 0
 * @inverse: 127 / amax
 *
 * Adding and taking off 1.5 * 2^23 rounds to an integer; the clamp comes first, which
 * gives the same and keeps the sum in range.
 */
static __always_inline int8_t tnpu_quantize_one(float x, float inverse)
{
	float y = x * inverse;

	y = y == y ? y : 0.0f;
	y = y > 127.0f ? 127.0f : y;
	y = y < -127.0f ? -127.0f : y;
	return (int8_t)(int32_t)((y + 0x1.8p23f) - 0x1.8p23f);
}

/* ---- Exponential and its kin ----------------------------------------------------------- */

/**
 * tnpu_exp - e^x
 *
 * x = n * ln 2 + r with |r| <= ln 2 / 2, a minimax polynomial of degree 6 for e^r, then
 * two exact powers of two, so that a subnormal result is rounded once. Above 88.72
 * infinity, below -103.97 zero.
 */
static __always_inline float tnpu_exp(float x)
{
	float z, n, r, p;
	int32_t k, half;

	x = x > 89.0f ? 89.0f : x;
	x = x < -104.0f ? -104.0f : x;
	/* Adding 1.5 * 2^23 leaves the rounded quotient in the low bits of z. */
	z = fmaf(x, 0x1.715476p+0f, 0x1.8p23f);
	n = z - 0x1.8p23f;
	k = (int32_t)(tnpu_f32_bits(z) - 0x4b400000u);
	r = fmaf(n, -0x1.62e430p-1f, x);
	r = fmaf(n, 0x1.05c610p-29f, r);
	p = 0x1.6a225ep-10f;
	p = fmaf(p, r, 0x1.123b04p-7f);
	p = fmaf(p, r, 0x1.5558f8p-5f);
	p = fmaf(p, r, 0x1.555490p-3f);
	p = fmaf(p, r, 0x1.fffffcp-2f);
	p = fmaf(p, r * r, r) + 1.0f;
	half = k >> 1;
	p *= tnpu_f32_from_bits(((uint32_t)half + 127u) << 23);
	return p * tnpu_f32_from_bits(((uint32_t)(k - half) + 127u) << 23);
}

/** tnpu_erf - an odd polynomial below 1, 1 - e^-h(x) with h = -ln(erfc) from there on */
static __always_inline float tnpu_erf(float x)
{
	float a = fabsf(x);
	float z = x * x;
	float p, h, small, large;

	p = 0x1.496a30p-14f;
	p = fmaf(p, z, -0x1.a3f700p-11f);
	p = fmaf(p, z, 0x1.5405b2p-8f);
	p = fmaf(p, z, -0x1.b7f90ep-6f);
	p = fmaf(p, z, 0x1.ce2cf8p-4f);
	p = fmaf(p, z, -0x1.81273ep-2f);
	p = fmaf(p, z, 0x1.06eba8p-3f);
	small = fmaf(p, a, a);

	a = a > 4.0f ? 4.0f : a;
	h = 0x1.6c068ap-16f;
	h = fmaf(h, a, -0x1.ceeaeap-12f);
	h = fmaf(h, a, 0x1.1398f8p-8f);
	h = fmaf(h, a, -0x1.9d0bd4p-6f);
	h = fmaf(h, a, 0x1.bc18d0p-4f);
	h = fmaf(h, a, 0x1.4434f0p-1f);
	h = fmaf(h, a, 0x1.212c2cp+0f);
	h = fmaf(h, a, -0x1.8b3f00p-13f);
	large = 1.0f - tnpu_exp(-h);
	return copysignf(a < 1.0f ? small : large, x);
}

/* ---- Activation functions -------------------------------------------------------------- */

/** tnpu_silu - x / (1 + e^-x) */
static __always_inline float tnpu_silu(float x)
{
	return x / (1.0f + tnpu_exp(-x));
}

/**
 * tnpu_gelu_tanh - 0.5 x (1 + tanh(u)), u = sqrt(2 / pi) (x + 0.044715 x^3), which is
 * x / (1 + e^-2u) without the cancellation
 */
static __always_inline float tnpu_gelu_tanh(float x)
{
	float u2 = x * fmaf(x * x, 0x1.2444f2p-4f, 0x1.988454p+0f);

	return x / (1.0f + tnpu_exp(-u2));
}

/** tnpu_gelu_erf - 0.5 x (1 + erf(x / sqrt 2)) */
static __always_inline float tnpu_gelu_erf(float x)
{
	return (0.5f * x) * (1.0f + tnpu_erf(x * 0x1.6a09e6p-1f));
}

/** tnpu_relu - max(x, 0); NaN stays NaN, -0 stays -0 */
static __always_inline float tnpu_relu(float x)
{
	return x < 0.0f ? 0.0f : x;
}

/** tnpu_act - an activation function by TNPU_ACT_*; @act a constant in loops */
static __always_inline float tnpu_act(float x, uint32_t act)
{
	switch (act) {
	case TNPU_ACT_SILU:
		return tnpu_silu(x);
	case TNPU_ACT_GELU_TANH:
		return tnpu_gelu_tanh(x);
	case TNPU_ACT_GELU_ERF:
		return tnpu_gelu_erf(x);
	case TNPU_ACT_RELU:
		return tnpu_relu(x);
	default:
		return x;
	}
}

/* ---- Sine and cosine ------------------------------------------------------------------- */

/** struct tnpu_sincos - sine and cosine of one angle */
struct tnpu_sincos {
	float sin;
	float cos;
};

/**
 * tnpu_sincos - sine and cosine of an angle in radians
 * @angle: (double)position * (double)frequency, an exact product. Not a number, or above
 *	2^48 in magnitude, gives NaN
 *
 * angle = n * pi / 2 + r in double precision, pi / 2 in two parts under fma, so r is good
 * to 2^-53; polynomials to 2^-47; one rounding to F32 at the end.
 */
static __always_inline struct tnpu_sincos tnpu_sincos(double angle)
{
	double t = fma(angle, 0x1.45f306dc9c883p-1, 0x1.8p52);
	double n = t - 0x1.8p52;
	uint64_t quadrant = tnpu_f64_bits(t);
	double r, z, s, c, sn, cs;

	r = fma(n, -0x1.921fb54442d18p+0, angle);
	r = fma(n, -0x1.1a62633145c07p-54, r);
	z = r * r;
	s = -0x1.a9615f3c0c8f5p-26;
	s = fma(s, z, 0x1.71d76c6221649p-19);
	s = fma(s, z, -0x1.a019f9381a1dep-13);
	s = fma(s, z, 0x1.1111110c8641cp-7);
	s = fma(s, z, -0x1.555555555222cp-3);
	s = fma(s * z, r, r);
	c = 0x1.1bbe63d809b1bp-29;
	c = fma(c, z, -0x1.27e00b0d415fap-22);
	c = fma(c, z, 0x1.a019fa5ed8d7cp-16);
	c = fma(c, z, -0x1.6c16c16720071p-10);
	c = fma(c, z, 0x1.5555555552dd0p-5);
	c = fma(c * z, z, fma(z, -0.5, 1.0));
	sn = quadrant & 1 ? c : s;
	cs = quadrant & 1 ? s : c;
	sn = quadrant & 2 ? -sn : sn;
	cs = (quadrant + 1) & 2 ? -cs : cs;
	sn = fabs(angle) <= 0x1p48 ? sn : (double)NAN;
	cs = fabs(angle) <= 0x1p48 ? cs : (double)NAN;
	return (struct tnpu_sincos){ (float)sn, (float)cs };
}

#endif /* _TNPU_NUMERICS_H_ */
