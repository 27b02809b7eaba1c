// SPDX-License-Identifier: MIT
/*
 * The table of uAPI cases (tests/kselftests/tnpu/uapi) on libtnpu's transport, which the
 * environment chooses: the chip in process, or a DRM node. TAP on stdout. Arguments are
 * names of cases to run instead of all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../userlib/transport.h"
#include "../kselftests/tnpu/uapi/uapi_cases.h"

#define UAPI_CASE_TIMEOUT_S	120

struct uapi_dev {
	struct tnpu_transport *transport;
};

int uapi_dev_open(struct uapi_dev **dev)
{
	struct tnpu_errmsg err;
	int ret;

	*dev = malloc(sizeof(**dev));
	if (!*dev)
		return -ENOMEM;
	ret = tnpu_transport_open(NULL, &(*dev)->transport, &err);
	if (ret) {
		printf("# %s\n", err.text);
		free(*dev);
	}
	return ret;
}

void uapi_dev_close(struct uapi_dev *dev)
{
	tnpu_transport_close(dev->transport);
	free(dev);
}

int uapi_dev_ioctl(struct uapi_dev *dev, unsigned long cmd, void *arg)
{
	return tnpu_transport_ioctl(dev->transport, cmd, arg);
}

int uapi_dev_mmap(struct uapi_dev *dev, __u64 offset, size_t size, void **ptr)
{
	return tnpu_transport_mmap(dev->transport, offset, size, ptr);
}

int uapi_dev_munmap(struct uapi_dev *dev, void *ptr, size_t size)
{
	return tnpu_transport_munmap(dev->transport, ptr, size);
}

/** struct uapi_runner - how far the table is */
struct uapi_runner {
	char **wanted;
	unsigned int run;
	unsigned int failed;
};

/*
 * In a process of its own: a case that fails, crashes or hangs is one case that fails. Returns
 * that process's exit status: 0, UAPI_EXIT_SKIP, else it failed.
 */
static int uapi_run_alone(const char *name, void (*run)(struct uapi_test *t))
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(UAPI_CASE_TIMEOUT_S);
		uapi_run(run);
		exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	printf("# %s: %s\n", name, strsignal(WTERMSIG(status)));
	return 1;
}

static bool uapi_wanted(char **wanted, const char *name)
{
	int i;

	for (i = 0; wanted[i]; i++)
		if (!strcmp(wanted[i], name))
			return true;
	return !wanted[0];
}

static void uapi_run_row(struct uapi_runner *r, const char *name, void (*run)(struct uapi_test *t))
{
	bool skipped, failed;
	int status;

	if (!uapi_wanted(r->wanted, name))
		return;
	status = uapi_run_alone(name, run);
	skipped = status == UAPI_EXIT_SKIP;
	failed = status && !skipped;
	printf("%sok %u - %s%s\n", failed ? "not " : "", ++r->run, name,
	       skipped ? " # SKIP" : "");
	r->failed += failed;
}

int main(int argc, char **argv)
{
	struct uapi_runner r = { .wanted = argv + 1 };

#define UAPI_ROW(name) uapi_run_row(&r, #name, uapi_case_##name)
#include "../kselftests/tnpu/uapi/uapi_table.h"
	printf("1..%u\n", r.run);
	return r.failed || !r.run;
}
