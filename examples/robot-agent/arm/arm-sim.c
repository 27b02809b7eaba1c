// SPDX-License-Identifier: MIT
/*
 * arm-sim: a simulated UR3e on Modbus/TCP.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define OPT_WATCHDOG	256

#define WATCHDOG_MAX	10000

static const struct argp_option options[] = {
	{ "listen", 'l', "ADDRESS", 0,
	  "IPv4 address and port (127.0.0.1:1502); port 0: any free one" },
	{ "watchdog", OPT_WATCHDOG, "MS", 0,
	  "Stop when no fresh heartbeat came for so long (200)" },
	{ 0 }
};

static unsigned int parse_ms(struct argp_state *state, const char *arg)
{
	unsigned long ms;
	char *end;

	errno = 0;
	ms = strtoul(arg, &end, 10);
	if (errno || end == arg || *end || ms < 1 || ms > WATCHDOG_MAX)
		argp_error(state, "--watchdog wants 1 to %d milliseconds, not \"%s\"",
			   WATCHDOG_MAX, arg);
	return ms;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arm_server_options *o = state->input;

	switch (key) {
	case 'l':
		o->address = arg;
		return 0;
	case OPT_WATCHDOG:
		o->watchdog_ms = parse_ms(state, arg);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument \"%s\"", arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void print_state(void *opaque, const struct arm_sim *sim)
{
	static const char * const states[] = {
		[ARM_STATE_IDLE] = "idle", [ARM_STATE_ACTIVE] = "active",
		[ARM_STATE_STOPPING] = "stopping", [ARM_STATE_STOPPED] = "stopped",
	};
	static const char * const reasons[] = {
		[ARM_REASON_NONE] = "",
		[ARM_REASON_WATCHDOG] = ": no heartbeat",
		[ARM_REASON_COMMAND] = ": told to",
		[ARM_REASON_LOST] = ": connection lost",
		[ARM_REASON_RANGE] = ": setpoint out of range",
		[ARM_REASON_SEQUENCE] = ": setpoint out of sequence",
	};

	printf("%u ms: %s%s\n", sim->time_ms, states[sim->state],
	       sim->state >= ARM_STATE_STOPPING ? reasons[sim->reason] : "");
	fflush(stdout);
}

static struct arm_server *server;

static void on_signal(int signal)
{
	arm_server_stop(server);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* A client that is gone is told by the write's result. */
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "A simulated UR3e on Modbus/TCP.\v"
		       "Prints where it listens, then a line for each change of state.",
	};
	struct arm_server_options o = {
		.address = "127.0.0.1:1502",
		.watchdog_ms = ARM_WATCHDOG_MS,
		.changed = print_state,
	};
	char why[128];
	int ret;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (arm_server_open(&o, &server, why, sizeof(why))) {
		fprintf(stderr, "arm-sim: %s\n", why);
		return 1;
	}
	printf("listening on port %d\n", arm_server_port(server));
	fflush(stdout);
	catch_signals();
	ret = arm_server_run(server);
	if (ret)
		fprintf(stderr, "arm-sim: %s\n", strerror(errno));
	arm_server_close(server);
	return ret ? 1 : 0;
}
