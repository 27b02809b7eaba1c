// SPDX-License-Identifier: GPL-2.0
/*
 * stress EVENT COUNT: something happens to the device, COUNT times, while eight clients keep it
 * busy and check their results. TAP on standard output, and a comment line "json {...}" with what
 * was counted. Runs in the emulated machine, as root.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress.h"

/**
 * struct stress_sum - what was seen
 * @seen: times that it happened
 */
struct stress_sum {
	unsigned int seen;
	unsigned int jobs;
	unsigned int lost;
	unsigned int wrong;
	unsigned int unsignalled;
	long long leaked_bytes;
};

static struct stress_client clients[STRESS_CLIENTS];

static struct drm_tnpu_usage_info stress_usage(void)
{
	struct drm_tnpu_usage_info usage;
	struct uapi_test t = { 0 };

	stress_open(&t);
	usage = uapi_usage(&t);
	uapi_dev_close(t.dev);
	return usage;
}

static void stress_start(const struct stress_event *event)
{
	unsigned int i;

	for (i = 0; i < STRESS_CLIENTS; i++)
		stress_client_start(&clients[i], i + 1, event->forgets);
}

static void stress_await(void)
{
	unsigned int i;

	for (i = 0; i < STRESS_CLIENTS; i++)
		stress_client_await(&clients[i]);
}

static void stress_close(struct stress_sum *sum)
{
	unsigned int i;

	for (i = 0; i < STRESS_CLIENTS; i++) {
		sum->jobs += clients[i].jobs;
		sum->lost += clients[i].lost;
		sum->wrong += clients[i].wrong;
		sum->unsignalled += clients[i].unsignalled;
		stress_client_close(&clients[i]);
	}
}

/* The clients live through it: after each time all of them get on. */
static void stress_through(const struct stress_event *event, unsigned int count,
			   struct stress_sum *sum)
{
	unsigned int i;

	stress_start(event);
	stress_await();
	for (i = 0; i < count; i++) {
		sum->seen += event->happen();
		stress_await();
	}
	for (i = 0; i < STRESS_CLIENTS; i++)
		atomic_store(&clients[i].stop, true);
	for (i = 0; i < STRESS_CLIENTS; i++)
		stress_client_join(&clients[i]);
	stress_close(sum);
}

/* The clients end with the device. The next one comes while their files are still open. */
static void stress_to_the_end(const struct stress_event *event, struct stress_sum *sum)
{
	unsigned int i;
	bool seen;

	stress_start(event);
	stress_await();
	seen = event->happen();
	for (i = 0; i < STRESS_CLIENTS; i++)
		stress_client_join(&clients[i]);
	event->restore();
	for (i = 0; i < STRESS_CLIENTS; i++)
		stress_client_expect_gone(&clients[i]);
	sum->seen += seen;
	stress_usage();
	stress_close(sum);
}

static struct stress_sum stress_run(const struct stress_event *event, unsigned int count)
{
	const struct drm_tnpu_usage_info before = stress_usage();
	struct drm_tnpu_usage_info after;
	struct stress_sum sum = { 0 };
	unsigned int i;

	if (event->removes) {
		for (i = 0; i < count; i++)
			stress_to_the_end(event, &sum);
	} else {
		stress_through(event, count, &sum);
	}
	after = stress_usage();
	sum.leaked_bytes = (long long)(after.mem_used + after.sysmem_used) -
			   (long long)(before.mem_used + before.sysmem_used);
	expect_eq(after.queues, before.queues);
	expect_eq(after.contexts, before.contexts);
	return sum;
}

static int stress_tell(unsigned int number, const char *what, bool ok)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", number, what);
	return !ok;
}

static int stress_report(const struct stress_event *event, unsigned int count,
			 const struct stress_sum *sum)
{
	char what[64];
	int failed = 0;

	printf("# json {\"event\": \"%s\", \"count\": %u, \"jobs\": %u, \"lost\": %u, ",
	       event->name, sum->seen, sum->jobs, sum->lost);
	printf("\"wrong\": %u, \"unsignalled\": %u, \"leaked_bytes\": %lld}\n1..5\n", sum->wrong,
	       sum->unsignalled, sum->leaked_bytes);
	snprintf(what, sizeof(what), "%s: seen %u times of %u", event->name, sum->seen, count);
	failed |= stress_tell(1, what, sum->seen == count);
	failed |= stress_tell(2, "no result is wrong, nobody is blamed", !sum->wrong);
	failed |= stress_tell(3, "all fences signal", !sum->unsignalled);
	failed |= stress_tell(4, event->loses ? "whoever lost jobs goes on" : "no job is lost",
			      event->loses || !sum->lost);
	failed |= stress_tell(5, "no memory is lost", !sum->leaked_bytes);
	return failed;
}

static const struct stress_event *stress_find(const char *name)
{
	size_t i;

	for (i = 0; i < stress_events_count; i++)
		if (!strcmp(stress_events[i].name, name))
			return &stress_events[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct stress_event *event = argc == 3 ? stress_find(argv[1]) : NULL;
	unsigned int count = event ? strtoul(argv[2], NULL, 10) : 0;
	struct stress_sum sum;
	size_t i;

	if (!count) {
		fprintf(stderr, "usage: stress EVENT COUNT\nEvents:");
		for (i = 0; i < stress_events_count; i++)
			fprintf(stderr, " %s", stress_events[i].name);
		fputc('\n', stderr);
		return 2;
	}
	puts("TAP version 13");
	sum = stress_run(event, count);
	return stress_report(event, count, &sum);
}
