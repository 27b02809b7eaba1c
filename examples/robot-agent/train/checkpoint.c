// SPDX-License-Identifier: MIT
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "checkpoint.h"

/* The file is of this machine and this program: numbers as in memory. */
#define CHECKPOINT_MAGIC "TNPUtrn3"

struct checkpoint {
	char magic[8];
	uint64_t number;	/* bytes of one number */
	uint64_t vocab;
	uint64_t next;
	int64_t step;
	struct train_options options;
};

static void checkpoint_write(FILE *f, const struct train_trainer *trainer,
			     uint64_t vocab)
{
	struct checkpoint head = {
		.magic = CHECKPOINT_MAGIC,
		.number = sizeof(real_t),
		.vocab = vocab,
		.next = trainer->next,
		.step = trainer->step,
		.options = trainer->options,
	};

	fwrite(&head, sizeof(head), 1, f);
	fwrite(trainer->params, sizeof(real_t), trainer->size, f);
	fwrite(trainer->mean, sizeof(real_t), trainer->size, f);
	fwrite(trainer->square, sizeof(real_t), trainer->size, f);
}

void train_checkpoint_save(const struct train_trainer *trainer, uint64_t vocab,
			   const char *path)
{
	char *part = train_alloc(strlen(path) + sizeof(".part"), 1);
	FILE *f;
	int bad;

	stpcpy(stpcpy(part, path), ".part");
	f = fopen(part, "wb");
	if (!f)
		err(1, "%s", part);
	checkpoint_write(f, trainer, vocab);
	bad = ferror(f);
	if (fclose(f) || bad || rename(part, path))
		err(1, "%s", path);
	free(part);
}

static FILE *checkpoint_open(const char *path, struct checkpoint *head)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		err(1, "%s", path);
	if (fread(head, sizeof(*head), 1, f) != 1 ||
	    memcmp(head->magic, CHECKPOINT_MAGIC, sizeof(head->magic)) ||
	    head->number != sizeof(real_t) ||
	    train_options_check(&head->options))
		errx(1, "%s: no checkpoint of this program", path);
	return f;
}

void train_checkpoint_options(const char *path, uint64_t vocab,
			      struct train_options *options)
{
	struct checkpoint head;

	fclose(checkpoint_open(path, &head));
	if (head.vocab != vocab)
		errx(1, "%s: was made with another vocabulary", path);
	*options = head.options;
}

void train_checkpoint_load(struct train_trainer *trainer, const char *path)
{
	size_t size = trainer->size;
	struct checkpoint head;
	FILE *f = checkpoint_open(path, &head);

	if (fread(trainer->params, sizeof(real_t), size, f) != size ||
	    fread(trainer->mean, sizeof(real_t), size, f) != size ||
	    fread(trainer->square, sizeof(real_t), size, f) != size ||
	    fgetc(f) != EOF)
		errx(1, "%s: its length is not that of its model", path);
	trainer->next = head.next;
	trainer->step = head.step;
	fclose(f);
}
