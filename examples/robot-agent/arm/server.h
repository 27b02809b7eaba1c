/* SPDX-License-Identifier: MIT */
/*
 * The simulated arm on Modbus/TCP, in real time.
 *
 * Two threads: one ticks the arm, so that its watchdog depends on no client;
 * the caller's serves the connections. The first connection that writes has
 * control until it ends; others may read.
 */
#ifndef ARM_SERVER_H
#define ARM_SERVER_H

#include "sim.h"

struct arm_server;

/**
 * typedef arm_server_fn - told when the arm's state changes
 * Called from the ticking thread; must not block.
 */
typedef void (*arm_server_fn)(void *opaque, const struct arm_sim *sim);

/**
 * struct arm_server_options - how to serve
 * @address: where to listen, see arm_address_parse(); port 0: any free one
 * @watchdog_ms: see struct arm_sim
 * @changed: may be NULL
 * @opaque: its argument
 */
struct arm_server_options {
	const char *address;
	unsigned int watchdog_ms;
	arm_server_fn changed;
	void *opaque;
};

/**
 * arm_server_open() - listen, and start ticking
 * @options: copied
 * @server: receives the handle; the caller closes it
 * @why: receives one sentence after a failure
 * @size: of @why
 *
 * Return: 0, or -1.
 */
int arm_server_open(const struct arm_server_options *options,
		    struct arm_server **server, char *why, size_t size);

/** arm_server_port() - the port that it listens on */
int arm_server_port(const struct arm_server *server);

/** arm_server_run() - serve until arm_server_stop(); 0, or -1 with errno set */
int arm_server_run(struct arm_server *server);

/** arm_server_stop() - make arm_server_run() return; from any thread or signal */
void arm_server_stop(struct arm_server *server);

/** arm_server_sim() - a copy of the arm as it is now; from any thread */
void arm_server_sim(struct arm_server *server, struct arm_sim *sim);

/** arm_server_close() - stop ticking and free; NULL is allowed */
void arm_server_close(struct arm_server *server);

#endif
