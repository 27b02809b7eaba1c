// SPDX-License-Identifier: MIT
/*
 * tnpu trace: what the driver and the device do while a command runs, on one clock.
 *
 * While it runs, the kernel keeps the driver's events and this process the device's spans, as
 * they are. Only then they are made into JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd_trace.h"
#include "node.h"

#define OPT_NO_DRIVER	256
#define OPT_NO_DEVICE	257

/*
 * The device has room for half a second. Each read costs the processor on which the command runs:
 * at one every 20 ms a command whose machine is emulated lost 6 to 11 % of its speed.
 */
#define TRACE_TICK_MS	150

#define EXIT_CANNOT_RUN	126
#define EXIT_NOT_FOUND	127

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "The trace (trace.json)" },
	{ "device", 'd', "NODE", 0, "The device to trace, which COMMAND gets as TNPU_DEVICE too" },
	{ "no-driver", OPT_NO_DRIVER, NULL, 0, "Without the events of the driver" },
	{ "no-device", OPT_NO_DEVICE, NULL, 0, "Without the spans of the device" },
	{ 0 }
};

struct trace_args {
	const char *output;
	const char *device;
	bool driver;
	bool spans;
	char **command;
};

/** struct trace - a run; @signals tells of those that are blocked, @mask is as it was before */
struct trace {
	const struct trace_args *args;
	struct tnpu_tracefs fs;
	struct tnpu_spans_file file;
	int output;
	int signals;
	sigset_t mask;
	uint64_t lost;
	uint64_t bad;
};

static error_t trace_parse(int key, char *arg, struct argp_state *state)
{
	struct trace_args *a = state->input;

	switch (key) {
	case 'o':
		a->output = arg;
		return 0;
	case 'd':
		a->device = arg;
		return 0;
	case OPT_NO_DRIVER:
		a->driver = false;
		return 0;
	case OPT_NO_DEVICE:
		a->spans = false;
		return 0;
	case ARGP_KEY_ARGS:
		a->command = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		if (!a->command)
			argp_error(state, "give a command to trace, behind --");
		if (!a->driver && !a->spans)
			argp_error(state, "--no-driver and --no-device leave nothing to trace");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* ---- The command --------------------------------------------------------------------------- */

/* 0, or the status that env(1) has for a command that cannot be run. */
static int trace_spawn(struct trace *t, pid_t *pid)
{
	char **command = t->args->command;
	posix_spawnattr_t attr;
	int ret;

	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &t->mask);
	ret = posix_spawnp(pid, command[0], NULL, &attr, command, environ);
	posix_spawnattr_destroy(&attr);
	if (!ret)
		return 0;
	fprintf(stderr, "tnpu: cannot run %s: %s\n", command[0], strerror(ret));
	return ret == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* A terminal's signals have gone to the command as well: it must not get them twice. */
static void trace_forward(struct trace *t, pid_t pid)
{
	struct signalfd_siginfo info;

	while (read(t->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
			kill(pid, info.ssi_signo);
}

static int trace_wait(struct trace *t, pid_t pid)
{
	struct pollfd wait = { .fd = t->signals, .events = POLLIN };
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		poll(&wait, 1, t->file.fd < 0 ? -1 : TRACE_TICK_MS);
		trace_forward(t, pid);
		tnpu_spans_file_take(&t->file);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- The file ------------------------------------------------------------------------------ */

static int trace_open_output(struct trace *t, struct tnpu_errmsg *err)
{
	const char *path = t->args->output;

	t->output = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (t->output < 0)
		return tnpu_errmsg_set(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* Where nothing is traced, what was there stays, and what was not does not. */
static void trace_drop_output(struct trace *t)
{
	struct stat st;

	if (t->output >= 0 && !fstat(t->output, &st) && S_ISREG(st.st_mode) && !st.st_size)
		unlink(t->args->output);
}

static void trace_report(const struct trace *t, const struct tnpu_trace_counts *counts,
			 uint64_t lost_spans, off_t size)
{
	fprintf(stderr, "tnpu: %s", t->args->output);
	/* A pipe has none. */
	if (size >= 0)
		fprintf(stderr, ", %.3f MB", size / 1e6);
	fprintf(stderr, ": %llu spans, %llu jobs, %llu events; lost: %llu spans, %llu events",
		(unsigned long long)counts->spans, (unsigned long long)counts->jobs,
		(unsigned long long)counts->events, (unsigned long long)lost_spans,
		(unsigned long long)t->lost);
	if (counts->dropped || t->bad)
		fprintf(stderr, "; not understood: %llu spans, %llu lines",
			(unsigned long long)counts->dropped, (unsigned long long)t->bad);
	fprintf(stderr, "\n");
}

static int trace_write(struct trace *t, struct tnpu_trace_events *events,
		       const struct tnpu_trace_spans *spans, struct tnpu_errmsg *err)
{
	struct tnpu_trace_counts counts;
	FILE *f = fdopen(t->output, "w");
	int ret;

	if (!f)
		return tnpu_errmsg_set(err, -errno, "%s: %s", t->args->output, strerror(errno));
	/* A pipe cannot be cut, and needs not be. */
	ret = ftruncate(t->output, 0) && errno != EINVAL ? -errno : 0;
	if (!ret)
		ret = tnpu_trace_write(f, events, spans, &counts);
	if (!ret)
		trace_report(t, &counts, spans->lost, ftello(f));
	else
		tnpu_errmsg_set(err, ret, "%s: %s", t->args->output, strerror(-ret));
	fclose(f);
	t->output = -1;
	return ret;
}

static int trace_parse_sources(struct trace *t, char *text, size_t text_size, void *blocks,
			       size_t blocks_size, struct tnpu_errmsg *err)
{
	struct tnpu_trace_events events = { 0 };
	struct tnpu_trace_spans spans = { 0 };
	int ret = 0;

	if (text)
		ret = tnpu_trace_events_parse(text, text_size, &events);
	if (blocks && !ret)
		ret = tnpu_trace_spans_parse(blocks, blocks_size, &spans);
	t->bad = events.bad;
	/* The last block is not whole where there was no more room for it, which has been said. */
	if (ret && ret != -EINVAL)
		tnpu_errmsg_set(err, ret, "what was recorded: %s", strerror(-ret));
	else
		ret = trace_write(t, &events, &spans, err);
	free(events.at);
	free(spans.clock.pairs);
	return ret;
}

/* Ends the recordings, so that nothing of them is left, and writes the file. */
static int trace_finish(struct trace *t, struct tnpu_errmsg *err)
{
	size_t text_size = 0, blocks_size = 0;
	void *blocks = NULL;
	char *text = NULL;
	int ret = 0;

	if (t->args->spans)
		ret = tnpu_spans_file_map(&t->file, &blocks, &blocks_size, err);
	if (t->args->driver && !ret)
		ret = tnpu_tracefs_read(&t->fs, &text, &text_size, &t->lost, err);
	tnpu_tracefs_stop(&t->fs);
	if (t->file.err.text[0])
		tnpu_cmd_error(&t->file.err);
	/* From here on an interrupt leaves nothing behind but an unfinished file. */
	sigprocmask(SIG_SETMASK, &t->mask, NULL);
	if (!ret)
		ret = trace_parse_sources(t, text, text_size, blocks, blocks_size, err);
	if (blocks)
		munmap(blocks, blocks_size);
	free(text);
	return ret;
}

/* ---- A run --------------------------------------------------------------------------------- */

static int trace_catch_signals(struct trace *t, struct tnpu_errmsg *err)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };
	sigset_t set;
	size_t i;

	/* Whoever started us may have ignored it, and there would be no status. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, &t->mask);
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signals < 0)
		return tnpu_errmsg_set(err, -errno, "signalfd: %s", strerror(errno));
	return 0;
}

static int trace_start(struct trace *t, struct tnpu_errmsg *err)
{
	const char *transport = getenv("TNPU_TRANSPORT");
	char node[4096];
	int ret;

	if (transport && *transport && strcmp(transport, "drm"))
		return tnpu_errmsg_set(err, -EINVAL,
				       "with TNPU_TRANSPORT=%s there is no driver to trace; only \"drm\" has one",
				       transport);
	ret = tnpu_node_choose(t->args->device, node, sizeof(node), err);
	if (!ret && t->args->device && setenv("TNPU_DEVICE", node, 1))
		ret = tnpu_errmsg_set(err, -errno, "out of memory");
	if (!ret)
		ret = trace_open_output(t, err);
	if (!ret)
		ret = trace_catch_signals(t, err);
	if (!ret && t->args->spans)
		ret = tnpu_spans_file_open(&t->file, node, err);
	if (!ret && t->args->driver)
		ret = tnpu_tracefs_start(&t->fs, err);
	return ret;
}

static int trace_command(struct trace *t)
{
	struct tnpu_errmsg err = { .text = "" };
	int status, ret;
	pid_t pid;

	if (trace_start(t, &err)) {
		tnpu_cmd_error(&err);
		trace_drop_output(t);
		return TNPU_EXIT_FAILED;
	}
	status = trace_spawn(t, &pid);
	if (status) {
		trace_drop_output(t);
		return status;
	}
	status = trace_wait(t, pid);
	ret = trace_finish(t, &err);
	if (ret)
		tnpu_cmd_error(&err);
	return ret && !status ? TNPU_EXIT_FAILED : status;
}

int tnpu_cmd_trace(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = trace_parse,
		.args_doc = "-- COMMAND [ARG...]",
		.doc = "Run a command, and record what the driver and the device do meanwhile, for "
		       "ui.perfetto.dev.\vIt is for root, as the kernel's files of this kind are. "
		       "The exit status is COMMAND's, 128 + N where signal N ended it, 126 or 127 "
		       "where it cannot be run.",
	};
	struct trace_args args = { .output = "trace.json", .driver = true, .spans = true };
	struct trace t = { .args = &args, .file = { .fd = -1, .raw = -1 }, .output = -1,
			   .signals = -1 };
	int status;

	argv[0] = "tnpu trace";
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args);
	status = trace_command(&t);
	tnpu_tracefs_stop(&t.fs);
	tnpu_spans_file_close(&t.file);
	if (t.output >= 0)
		close(t.output);
	if (t.signals >= 0)
		close(t.signals);
	return status;
}
