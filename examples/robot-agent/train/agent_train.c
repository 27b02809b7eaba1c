// SPDX-License-Identifier: MIT
/*
 * agent-train: train the robot agent's model from samples that are made as it
 * goes, none of them twice.
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "checkpoint.h"
#include "evaluate.h"
#include "gguf_in.h"
#include "gguf_out.h"
#include "report.h"

/* Held-out samples have a seed that no set for training is made with. */
#define HELD_OUT_SEED	0x7e57ull
#define TRIAL_STEPS	6
#define FAILURES	40

enum {
	OPT_SEED = 0x100, OPT_STEPS, OPT_MINUTES, OPT_WIDTH, OPT_LAYERS,
	OPT_HEADS, OPT_KV_HEADS, OPT_FFN, OPT_CONTEXT, OPT_BATCH, OPT_PART,
	OPT_THREADS, OPT_RATE, OPT_RISE, OPT_DECAY, OPT_BETA2, OPT_ADAMW,
	OPT_HINT_WEIGHT, OPT_GAP, OPT_EASY_SHARE, OPT_QAT_SHARE,
	OPT_ENGLISH, OPT_UNDER_WAY,
	OPT_CHECKPOINT, OPT_EVERY, OPT_RESUME, OPT_FROM, OPT_STOP, OPT_OUT, OPT_OUT_F32,
	OPT_LOG, OPT_NAME, OPT_EVAL_EVERY, OPT_EVAL_SAMPLES, OPT_FINAL_SAMPLES,
	OPT_FAILURES,
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Run:" },
	{ "seed", OPT_SEED, "N", 0, "Another seed, another model (1)" },
	{ "steps", OPT_STEPS, "N", 0, "Length of the run (2000)" },
	{ "minutes", OPT_MINUTES, "N", 0,
	  "As many steps as this machine does in N minutes" },
	{ "threads", OPT_THREADS, "N", 0, "Threads (2)" },
	{ NULL, 0, NULL, 0, "Model:" },
	{ "width", OPT_WIDTH, "N", 0, "Of the residual stream (160)" },
	{ "layers", OPT_LAYERS, "N", 0, "Blocks (6)" },
	{ "heads", OPT_HEADS, "N", 0, "Heads of attention (5)" },
	{ "kv-heads", OPT_KV_HEADS, "N", 0,
	  "Heads of keys and values (as many as heads)" },
	{ "ffn", OPT_FFN, "N", 0, "Of the gate (448)" },
	{ "context", OPT_CONTEXT, "N", 0, "Positions (512)" },
	{ NULL, 0, NULL, 0, "Training:" },
	{ "batch", OPT_BATCH, "N", 0, "Tokens of a step (8192)" },
	{ "part", OPT_PART, "N", 0, "Tokens that pass at once (512)" },
	{ "lr", OPT_RATE, "X", 0, "Highest learning rate (0.003)" },
	{ "rise", OPT_RISE, "N", 0, "Steps in which it rises (100)" },
	{ "decay", OPT_DECAY, "X", 0, "Weight decay (0.1)" },
	{ "beta2", OPT_BETA2, "X", 0, "Of AdamW (0.98)" },
	{ "adamw", OPT_ADAMW, NULL, 0, "AdamW for all, no Muon" },
	{ "hint-weight", OPT_HINT_WEIGHT, "X", 0,
	  "Of a prompt's hint in the loss; an answer's token is 1 (1)" },
	{ "gap", OPT_GAP, "N", 0,
	  "Positions that half of the samples leave out at most, somewhere (64)" },
	{ "easy-share", OPT_EASY_SHARE, "X", 0,
	  "Part of the steps, at the start, with one clause about objects (0.05)" },
	{ "qat-share", OPT_QAT_SHARE, "X", 0,
	  "Part of the steps, at the end, with rounded weights (0.2)" },
	{ "english", OPT_ENGLISH, "N", 0, "Percent of the samples, 1 to 100 (70)" },
	{ "under-way", OPT_UNDER_WAY, "N", 0,
	  "Percent of the longer samples that begin behind their first actions (0)" },
	{ NULL, 0, NULL, 0, "Files:" },
	{ "checkpoint", OPT_CHECKPOINT, "FILE", 0, "Save the run's state" },
	{ "checkpoint-every", OPT_EVERY, "N", 0, "Every N steps (200)" },
	{ "resume", OPT_RESUME, NULL, 0,
	  "Go on from the checkpoint, with the options that it was made with" },
	{ "from", OPT_FROM, "FILE", 0,
	  "Start with the weights and the shape of a GGUF file that --out or --out-f32 wrote" },
	{ "stop", OPT_STOP, "N", 0,
	  "Save the state behind step N and stop there" },
	{ "out", OPT_OUT, "FILE", 0, "Write the model (GGUF, Q4_0)" },
	{ "out-f32", OPT_OUT_F32, "FILE", 0, "Write it with F32 weights" },
	{ "name", OPT_NAME, "TEXT", 0, "Of the model in the file" },
	{ "log", OPT_LOG, "FILE", 0, "Write a table of the run" },
	{ NULL, 0, NULL, 0, "Evaluation:" },
	{ "eval-every", OPT_EVAL_EVERY, "N", 0, "Every N steps (100)" },
	{ "eval-samples", OPT_EVAL_SAMPLES, "N", 0, "Held out (400)" },
	{ "final-samples", OPT_FINAL_SAMPLES, "N", 0,
	  "Held out, at the end (4000)" },
	{ "failures", OPT_FAILURES, "FILE", 0,
	  "Write some answers of the end that were wrong" },
	{ 0 }
};

struct arguments {
	struct train_options train;
	double minutes;
	double easy_share;
	double qat_share;
	const char *vocab_path;
	const char *checkpoint;
	const char *from;
	const char *out;
	const char *out_f32;
	const char *log;
	const char *name;
	const char *failures;
	bool resume;
	long stop;
	long every;
	long eval_every;
	long eval_samples;
	long final_samples;
};

/** struct run - all of a run */
struct run {
	struct arguments *args;
	struct train_vocab *vocab;
	struct train_samples samples;
	struct train_samples held_out;
	struct train_trainer *trainer;
	struct train_report report;
};

static volatile sig_atomic_t interrupted;

/* ---- Options ---------------------------------------------------------------- */

static long parse_number(struct argp_state *state, const char *arg, long least)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(arg, &end, 10);
	if (errno || end == arg || *end || value < least || value > 1 << 30)
		argp_error(state, "'%s' is no number from %ld to %d", arg,
			   least, 1 << 30);
	return value;
}

static long parse_percent(struct argp_state *state, const char *arg, long least)
{
	long percent = parse_number(state, arg, least);

	if (percent > 100)
		argp_error(state, "'%s' is no number from %ld to 100", arg, least);
	return percent;
}

static double parse_real(struct argp_state *state, const char *arg, double max)
{
	char *end;
	double value = strtod(arg, &end);

	if (end == arg || *end || !(value >= 0 && value <= max))
		argp_error(state, "'%s' is no number from 0 to %g", arg, max);
	return value;
}

static error_t parse_shape(int key, char *arg, struct argp_state *state)
{
	struct train_shape *shape;

	shape = &((struct arguments *)state->input)->train.shape;
	switch (key) {
	case OPT_WIDTH:
		shape->width = parse_number(state, arg, 1);
		return 0;
	case OPT_LAYERS:
		shape->layers = parse_number(state, arg, 1);
		return 0;
	case OPT_HEADS:
		shape->heads = parse_number(state, arg, 1);
		return 0;
	case OPT_KV_HEADS:
		shape->kv_heads = parse_number(state, arg, 1);
		return 0;
	case OPT_FFN:
		shape->ffn = parse_number(state, arg, 1);
		return 0;
	case OPT_CONTEXT:
		shape->context = parse_number(state, arg, 1);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_training(int key, char *arg, struct argp_state *state)
{
	struct train_options *train;

	train = &((struct arguments *)state->input)->train;
	switch (key) {
	case OPT_SEED:
		train->seed = parse_number(state, arg, 0);
		return 0;
	case OPT_STEPS:
		train->steps = parse_number(state, arg, 1);
		return 0;
	case OPT_THREADS:
		train->lanes = parse_number(state, arg, 1);
		return 0;
	case OPT_BATCH:
		train->batch = parse_number(state, arg, 1);
		return 0;
	case OPT_PART:
		train->part = parse_number(state, arg, 1);
		return 0;
	case OPT_RATE:
		train->rate = parse_real(state, arg, 1);
		return 0;
	case OPT_RISE:
		train->rise = parse_number(state, arg, 1);
		return 0;
	case OPT_DECAY:
		train->optimiser.adamw.decay = parse_real(state, arg, 10);
		return 0;
	case OPT_BETA2:
		train->optimiser.adamw.beta2 = parse_real(state, arg, 0.99999);
		return 0;
	case OPT_ADAMW:
		train->optimiser.muon = false;
		return 0;
	case OPT_HINT_WEIGHT:
		train->hint_weight = parse_real(state, arg, 1);
		return 0;
	case OPT_GAP:
		train->gap = parse_number(state, arg, 0);
		return 0;
	case OPT_ENGLISH:
		train->english = parse_percent(state, arg, 1);
		return 0;
	case OPT_UNDER_WAY:
		train->under_way = parse_percent(state, arg, 0);
		return 0;
	}
	return parse_shape(key, arg, state);
}

static error_t parse_files(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case OPT_CHECKPOINT:
		args->checkpoint = arg;
		return 0;
	case OPT_RESUME:
		args->resume = true;
		return 0;
	case OPT_FROM:
		args->from = arg;
		return 0;
	case OPT_OUT:
		args->out = arg;
		return 0;
	case OPT_OUT_F32:
		args->out_f32 = arg;
		return 0;
	case OPT_LOG:
		args->log = arg;
		return 0;
	case OPT_NAME:
		args->name = arg;
		return 0;
	case OPT_FAILURES:
		args->failures = arg;
		return 0;
	}
	return parse_training(key, arg, state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case OPT_MINUTES:
		args->minutes = parse_real(state, arg, 1e5);
		return 0;
	case OPT_EASY_SHARE:
		args->easy_share = parse_real(state, arg, 1);
		return 0;
	case OPT_QAT_SHARE:
		args->qat_share = parse_real(state, arg, 1);
		return 0;
	case OPT_EVERY:
		args->every = parse_number(state, arg, 1);
		return 0;
	case OPT_STOP:
		args->stop = parse_number(state, arg, 1);
		return 0;
	case OPT_EVAL_EVERY:
		args->eval_every = parse_number(state, arg, 1);
		return 0;
	case OPT_EVAL_SAMPLES:
		args->eval_samples = parse_number(state, arg, 1);
		return 0;
	case OPT_FINAL_SAMPLES:
		args->final_samples = parse_number(state, arg, 1);
		return 0;
	case ARGP_KEY_ARG:
		if (args->vocab_path)
			argp_error(state, "one VOCABULARY is enough");
		args->vocab_path = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no VOCABULARY was given");
		break;
	case ARGP_KEY_END:
		if ((args->resume || args->stop) && !args->checkpoint)
			argp_error(state, "--resume and --stop need --checkpoint");
		if (args->resume && args->from)
			argp_error(state, "--resume goes on from the checkpoint, not --from a file");
	}
	return parse_files(key, arg, state);
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "VOCABULARY",
	.doc = "Train the robot agent's model. VOCABULARY is what agent-vocab wrote.",
};

/* ---- A run ------------------------------------------------------------------ */

static void on_signal(int number)
{
	interrupted = number;
}

static void run_catch(void)
{
	const struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Steps that fit @args->minutes, told by a trial that leaves nothing behind. */
static long run_trial(const struct run *run)
{
	struct train_options trial = run->args->train;
	struct train_trainer *trainer;
	struct train_figures figures;
	double began = 0;
	int i;

	trial.easy = 0;
	trial.rounded = 0;
	trial.steps = trial.rise + TRIAL_STEPS;
	trainer = train_trainer_create(&trial, train_samples_source,
				       (void *)&run->samples);
	for (i = 0; i < TRIAL_STEPS; i++) {
		/* The first steps touch memory that was never used. */
		if (i == 2)
			began = train_now();
		train_trainer_step(trainer, &figures);
	}
	train_trainer_destroy(trainer);
	return run->args->minutes * 60 * (TRIAL_STEPS - 2) /
	       (train_now() - began);
}

static void run_options(struct run *run)
{
	struct train_options *train = &run->args->train;
	const char *why;

	if (run->args->resume) {
		train_checkpoint_options(run->args->checkpoint,
					 train_vocab_hash(run->vocab), train);
		return;
	}
	train->shape.vocab = train_vocab_size(run->vocab);
	if (run->args->from)
		train_gguf_shape(run->args->from, run->vocab, &train->shape);
	if (!train->shape.kv_heads)
		train->shape.kv_heads = train->shape.heads;
	run->samples.seed = train->seed;
	why = train_shape_check(&train->shape);
	if (!why && run->args->minutes)
		train->steps = run_trial(run);
	train->easy = lround(train->steps * run->args->easy_share);
	train->rounded = lround(train->steps * run->args->qat_share);
	if (!why)
		why = train_options_check(train);
	if (why)
		errx(1, "%s", why);
}

static void run_begin(struct run *run, struct arguments *args)
{
	*run = (struct run){
		.args = args,
		.vocab = train_vocab_read(args->vocab_path),
	};
	run->samples.vocab = run->vocab;
	run->samples.split = AGENT_TRAIN;
	run->held_out = run->samples;
	run->held_out.seed = HELD_OUT_SEED;
	run->held_out.split = AGENT_TEST;
	run_options(run);
	run->samples.seed = args->train.seed;
	run->samples.english = args->train.english;
	run->samples.under_way = args->train.under_way;
	run->trainer = train_trainer_create(&args->train, train_samples_source,
					    &run->samples);
	if (args->from)
		train_gguf_params(args->from, &args->train.shape, run->trainer->params);
	if (args->resume)
		train_checkpoint_load(run->trainer, args->checkpoint);
	fprintf(stderr, "%zu parameters, %ld steps, the last %ld rounded\n",
		run->trainer->size, args->train.steps, args->train.rounded);
	train_report_begin(&run->report, args->train.steps, run->trainer->step,
			   args->log);
}

static void run_end(struct run *run)
{
	train_report_end(&run->report);
	train_trainer_destroy(run->trainer);
	train_vocab_destroy(run->vocab);
}

static void run_save(const struct run *run)
{
	if (run->args->checkpoint)
		train_checkpoint_save(run->trainer,
				      train_vocab_hash(run->vocab),
				      run->args->checkpoint);
}

static void run_tell(struct run *run)
{
	struct train_trainer *trainer = run->trainer;
	long step = trainer->step;
	struct train_score score;
	bool last = step == trainer->options.steps;

	if (last || step % run->args->eval_every == 0) {
		train_evaluate(trainer, train_trainer_is_rounding(trainer),
			       &run->held_out, run->args->eval_samples, &score,
			       NULL);
		train_report_line(&run->report, step, &score);
	} else if (step % 10 == 0) {
		train_report_line(&run->report, step, NULL);
	}
}

/* Return: whether the run came to its end. */
static bool run_train(struct run *run)
{
	struct train_trainer *trainer = run->trainer;
	struct train_figures figures;

	while (trainer->step < trainer->options.steps && !interrupted &&
	       (!run->args->stop || trainer->step < run->args->stop)) {
		train_trainer_step(trainer, &figures);
		if (!isfinite(figures.loss) || !isfinite(figures.length))
			errx(1, "step %ld: the loss is no number any more; a lower --lr may help",
			     trainer->step);
		train_report_add(&run->report, &figures);
		run_tell(run);
		if (trainer->step % run->args->every == 0 &&
		    trainer->step < trainer->options.steps)
			run_save(run);
	}
	run_save(run);
	return trainer->step == trainer->options.steps;
}

/* ---- Its end ---------------------------------------------------------------- */

static void end_write(const struct run *run, const char *path, bool quantised)
{
	const struct train_options *train = &run->trainer->options;
	struct train_gguf gguf = {
		.shape = &train->shape,
		.vocab = run->vocab,
		.params = run->trainer->params,
		.name = run->args->name,
		.quantised = quantised,
	};
	char *description;

	if (!path)
		return;
	if (asprintf(&description,
		     "From a scene and an instruction in English or Chinese to robot actions in JSON. Trained by agent-train: seed %ju, %ld steps of %d tokens.",
		     (uintmax_t)train->seed, train->steps, train->batch) < 0)
		err(1, "no memory");
	gguf.description = description;
	train_gguf_write(&gguf, path);
	free(description);
}

static void end_failure(const struct run *run, FILE *f, long number, int place)
{
	int id[TRAIN_SAMPLE_MAX];
	struct train_tokens tokens = { .id = id };
	struct agent_sample sample;
	struct train_text text;
	char answer[AGENT_TEXT];

	train_samples_make(&run->held_out, number, &sample, &text);
	train_vocab_sample(run->vocab, text.prompt, text.answer, &tokens);
	train_decode(run->trainer, run->vocab, &tokens, answer, sizeof(answer));
	fprintf(f, "%s\nright: %s\nmodel: %s\nsample %ld, wrong from token %d, traits 0x%x\n\n",
		text.prompt, text.answer, answer, number, place, sample.traits);
}

static void end_failures(const struct run *run, const int *wrong)
{
	FILE *f = run->args->failures ? fopen(run->args->failures, "w") : NULL;
	int left = FAILURES;
	long i;

	if (!f && run->args->failures)
		err(1, "%s", run->args->failures);
	for (i = 0; f && left && i < run->args->final_samples; i++) {
		if (wrong[i] < 0)
			continue;
		end_failure(run, f, i, wrong[i]);
		left--;
	}
	if (f && fclose(f))
		err(1, "%s", run->args->failures);
}

static void end_print(const char *form, const struct train_score *score)
{
	static const char *const tongues[] = { "en", "zh" };
	int tongue, bit;

	for (tongue = 0; tongue < TRAIN_TONGUES; tongue++) {
		printf("%s %s: exact %.2f %%", form, tongues[tongue],
		       train_percent(&score->tongue[tongue]));
		for (bit = 0; bit < AGENT_TRAITS; bit++)
			if (score->trait[tongue][bit].all)
				printf(", %s %.2f", agent_trait_name(bit),
				       train_percent(&score->trait[tongue][bit]));
		putchar('\n');
	}
}

static void end_set(struct run *run, const char *name, enum agent_split split,
		    int count, int *wrong)
{
	struct train_score score;
	char form[32];
	int rounded;

	run->held_out.split = split;
	for (rounded = 0; rounded < 2; rounded++) {
		train_evaluate(run->trainer, rounded, &run->held_out, count,
			       &score, wrong);
		snprintf(form, sizeof(form), "%s %s", name,
			 rounded ? "q4_0" : "f32");
		end_print(form, &score);
	}
}

static void run_finish(struct run *run)
{
	int count = run->args->final_samples;
	int *wrong = train_alloc(count, sizeof(*wrong));

	end_write(run, run->args->out, true);
	end_write(run, run->args->out_f32, false);
	end_set(run, "refuse", AGENT_REFUSE_TEST, AGENT_REFUSALS, NULL);
	end_set(run, "test", AGENT_TEST, count, wrong);
	end_failures(run, wrong);
	free(wrong);
}

int main(int argc, char **argv)
{
	struct arguments args = {
		.train = {
			.shape = {
				.width = 160,
				.layers = 6,
				.heads = 5,
				.ffn = 448,
				.context = 512,
				.epsilon = 1e-5,
				.rope_base = 10000,
			},
			.seed = 1,
			.steps = 2000,
			.rise = 100,
			.batch = 8192,
			.part = 512,
			.lanes = 2,
			.rate = 3e-3,
			.hint_weight = 1,
			.gap = 64,
			.optimiser = {
				.adamw = { 0.9, 0.98, 1e-8, 0.1, 1 },
				.muon = true,
			},
		},
		.easy_share = 0.05,
		.qat_share = 0.2,
		.name = "TNPU robot agent",
		.every = 200,
		.eval_every = 100,
		.eval_samples = 400,
		.final_samples = 4000,
	};
	struct run run;
	bool done;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	run_begin(&run, &args);
	run_catch();
	done = run_train(&run);
	if (done)
		run_finish(&run);
	run_end(&run);
	return done || !interrupted ? 0 : 128 + interrupted;
}
