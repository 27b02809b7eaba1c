// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdlib.h>

#include "muon.h"
#include "optimise.h"

/* The paper's. */
#define OPTIMISE_MUON_BETA 0.95

/**
 * struct optimise - factors of one step
 * @matrix: of AdamW, with decay
 * @vector: of AdamW, without
 * @muon: of Muon
 */
struct optimise {
	struct train_adamw_factors matrix;
	struct train_adamw_factors vector;
	struct train_muon muon;
};

static void optimise_factors(const struct train_adamw *adamw, long step,
			     double rate, double length, struct optimise *o)
{
	double keep = 1 - rate * adamw->decay;

	o->matrix = (struct train_adamw_factors){
		.clip = length > adamw->clip ? adamw->clip / length : 1,
		.rate = rate / (1 - pow(adamw->beta1, step)),
		.bias = 1 / sqrt(1 - pow(adamw->beta2, step)),
		.keep = keep,
	};
	o->vector = o->matrix;
	o->vector.keep = 1;
	o->muon = (struct train_muon){ rate, OPTIMISE_MUON_BETA, keep };
}

static void optimise_tensor(const struct train_optimiser *optimiser,
			    const struct optimise *o,
			    const struct train_tensor *t,
			    struct train_bf16 *bf16, const real_t *grads,
			    real_t *mean, real_t *square, real_t *params)
{
	if (optimiser->muon && t->store == TRAIN_STORE_Q4_0)
		train_muon_step(&o->muon, bf16, t->rows, t->cols,
				grads + t->offset, mean + t->offset,
				params + t->offset);
	else
		train_adamw_step(&optimiser->adamw,
				 t->rows > 1 ? &o->matrix : &o->vector,
				 (size_t)t->rows * t->cols, grads + t->offset,
				 mean + t->offset, square + t->offset,
				 params + t->offset);
}

void train_optimise(const struct train_optimiser *optimiser,
		    const struct train_tensor *tensor, int count, long step,
		    double rate, double length, const real_t *grads,
		    real_t *mean, real_t *square, real_t *params)
{
	struct optimise o;
	int i;

	optimise_factors(&optimiser->adamw, step, rate, length, &o);
#pragma omp parallel
	{
		struct train_bf16 *bf16 = train_bf16_create();

#pragma omp for schedule(dynamic)
		for (i = 0; i < count; i++)
			optimise_tensor(optimiser, &o, &tensor[i], bf16, grads,
					mean, square, params);
		free(bf16);
	}
}

double train_rate(long step, long rise, long steps, double peak)
{
	if (step < rise)
		return peak * (step + 1) / rise;
	return peak * (1 + cos(M_PI * (step - rise) / (steps - rise))) / 2;
}
