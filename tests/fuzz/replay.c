// SPDX-License-Identifier: MIT
/*
 * A fuzz target without libFuzzer: runs its seeds and the inputs in the folders and files
 * that are named, as TAP. A finding ends the program.
 *
 * Usage: TARGET [PATH]...		run the seeds, then the inputs
 *	  TARGET --corpus [PATH]...	run the inputs only
 *	  TARGET --seeds FOLDER		write the seeds as files
 */
#include <dirent.h>
#include <err.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned int tests;

/* A copy of the very size: what reads past an input's end is to be found. */
static void run_bytes(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		err(1, "%zu bytes", size);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
		err(1, "%s", path);
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	run_bytes(data, size);
	printf("ok %u - %s\n", ++tests, path);
	fflush(stdout);
}

static void run_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	char name[4096];

	if (count < 0)
		err(1, "%s", path);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			run_file(name);
		free(entries[i]);
	}
	free(entries);
}

static void run_path(const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		run_folder(path);
	else
		run_file(path);
}

static void run_seeds(void)
{
	static uint8_t seed[FUZZ_SEED_MAX];
	unsigned int i;
	size_t size;

	for (i = 0; (size = fuzz_seed(i, seed)) > 0; i++)
		run_bytes(seed, size);
	printf("ok %u - %u seeds\n", ++tests, i);
}

static void write_seeds(const char *folder)
{
	static uint8_t seed[FUZZ_SEED_MAX];
	char name[4096];
	FILE *file;
	size_t size;

	for (unsigned int i = 0; (size = fuzz_seed(i, seed)) > 0; i++) {
		snprintf(name, sizeof(name), "%s/seed-%03u", folder, i);
		file = fopen(name, "wb");
		if (!file || fwrite(seed, 1, size, file) != size || fclose(file))
			err(1, "%s", name);
	}
}

int main(int argc, char **argv)
{
	int first = 1;

	if (argc == 3 && !strcmp(argv[1], "--seeds")) {
		write_seeds(argv[2]);
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "--corpus"))
		first = 2;
	else
		run_seeds();
	for (int i = first; i < argc; i++)
		run_path(argv[i]);
	printf("1..%u\n", tests);
	return 0;
}
