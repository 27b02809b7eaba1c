// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "realtime.h"
#include "server.h"

#define CLIENTS		8
#define NOBODY		-1

/* poll()'s list: who listens, who stops, and the clients. */
#define POLL_LISTEN	0
#define POLL_STOP	1
#define POLL_CLIENTS	2

/* A request that does not come whole in this time ends its connection. */
#define REQUEST_US	50000

#define REGISTERS	(ARM_REG_STATUS + ARM_STATUS_REGS)

/**
 * struct arm_server - see arm_server_open()
 * @sim: guarded by @lock
 * @client: sockets; -1: free
 * @owner: index of the client that has control, or NOBODY
 * @registers: what libmodbus answers from
 * @ticking: guarded by @lock; false ends the ticking thread
 */
struct arm_server {
	struct arm_server_options options;
	pthread_mutex_t lock;
	pthread_t ticker;
	bool ticking;
	struct arm_sim sim;
	modbus_t *modbus;
	modbus_mapping_t *registers;
	int listener;
	int stop;
	int client[CLIENTS];
	int owner;
};

/* ---- Time ----------------------------------------------------------------------- */

static void tick(struct arm_server *server)
{
	struct arm_sim now;
	uint16_t was;

	pthread_mutex_lock(&server->lock);
	was = server->sim.state;
	arm_sim_tick(&server->sim);
	now = server->sim;
	pthread_mutex_unlock(&server->lock);
	if (now.state != was && server->options.changed)
		server->options.changed(server->options.opaque, &now);
}

static bool ticking(struct arm_server *server)
{
	bool on;

	pthread_mutex_lock(&server->lock);
	on = server->ticking;
	pthread_mutex_unlock(&server->lock);
	return on;
}

/* Late ticks are made up for, so that the arm's time is the world's. */
static void *ticker(void *arg)
{
	struct arm_server *server = arg;
	struct arm_realtime was;
	struct timespec next;

	arm_realtime_begin(&was);
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (ticking(server)) {
		next.tv_nsec += SIM_TICK_MS * 1000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		tick(server);
	}
	return NULL;
}

void arm_server_sim(struct arm_server *server, struct arm_sim *sim)
{
	pthread_mutex_lock(&server->lock);
	*sim = server->sim;
	pthread_mutex_unlock(&server->lock);
}

/* A change of state by a request is told like one by time. */
static void tell(struct arm_server *server, uint16_t was)
{
	struct arm_sim now;

	arm_server_sim(server, &now);
	if (now.state != was && server->options.changed)
		server->options.changed(server->options.opaque, &now);
}

/* ---- Requests ------------------------------------------------------------------- */

/**
 * struct request - a Modbus request, picked apart
 * @pdu: its bytes from the function code on
 * @left: how many those are
 */
struct request {
	uint8_t frame[MODBUS_TCP_MAX_ADU_LENGTH];
	int len;
	const uint8_t *pdu;
	int left;
};

static int word_at(const struct request *r, int offset)
{
	return r->pdu[offset] << 8 | r->pdu[offset + 1];
}

/* The values of a write, whose count and byte count are at @offset. */
static int write_values(struct arm_server *server, const struct request *r, int offset)
{
	uint16_t value[MODBUS_MAX_WRITE_REGISTERS];
	int address = word_at(r, offset), count = word_at(r, offset + 2);
	int i, code;

	if (count < 1 || count > MODBUS_MAX_WRITE_REGISTERS ||
	    r->pdu[offset + 4] != 2 * count || r->left < offset + 5 + 2 * count)
		return MODBUS_EXCEPTION_ILLEGAL_DATA_VALUE;
	for (i = 0; i < count; i++)
		value[i] = word_at(r, offset + 5 + 2 * i);
	pthread_mutex_lock(&server->lock);
	code = arm_sim_write(&server->sim, address, count, value);
	pthread_mutex_unlock(&server->lock);
	return code;
}

/* Makes the registers that are read what they are now. */
static int read_values(struct arm_server *server, const struct request *r, int offset)
{
	int address = word_at(r, offset), count = word_at(r, offset + 2);
	uint16_t value[ARM_STATUS_REGS];
	int code;

	pthread_mutex_lock(&server->lock);
	code = arm_sim_read(&server->sim, address, count, value);
	pthread_mutex_unlock(&server->lock);
	if (!code)
		memcpy(server->registers->tab_registers + address, value,
		       count * sizeof(*value));
	return code;
}

static int take_control(struct arm_server *server, int client)
{
	if (server->owner == NOBODY)
		server->owner = client;
	return server->owner == client ? 0 : MODBUS_EXCEPTION_SLAVE_OR_SERVER_BUSY;
}

/* Return: 0, or a Modbus exception code. */
static int serve(struct arm_server *server, int client, const struct request *r)
{
	int code;

	switch (r->pdu[0]) {
	case MODBUS_FC_READ_HOLDING_REGISTERS:
		return read_values(server, r, 1);
	case MODBUS_FC_WRITE_MULTIPLE_REGISTERS:
		code = take_control(server, client);
		return code ? code : write_values(server, r, 1);
	case MODBUS_FC_WRITE_AND_READ_REGISTERS:
		/* Nothing is written when what is to be read is not there. */
		code = take_control(server, client);
		if (!code)
			code = read_values(server, r, 1);
		if (!code)
			code = write_values(server, r, 5);
		return code ? code : read_values(server, r, 1);
	default:
		return MODBUS_EXCEPTION_ILLEGAL_FUNCTION;
	}
}

static void drop(struct arm_server *server, int client)
{
	close(server->client[client]);
	server->client[client] = -1;
	if (server->owner != client)
		return;
	server->owner = NOBODY;
	pthread_mutex_lock(&server->lock);
	arm_sim_lost(&server->sim);
	pthread_mutex_unlock(&server->lock);
}

static int answer(struct arm_server *server, int client, const struct request *r)
{
	int code = serve(server, client, r);

	if (code)
		return modbus_reply_exception(server->modbus, r->frame, code);
	return modbus_reply(server->modbus, r->frame, r->len, server->registers);
}

static void handle(struct arm_server *server, int client)
{
	struct request r = { .len = 0 };
	struct arm_sim was;
	int head;

	arm_server_sim(server, &was);
	modbus_set_socket(server->modbus, server->client[client]);
	head = modbus_get_header_length(server->modbus);
	r.len = modbus_receive(server->modbus, r.frame);
	r.pdu = r.frame + head;
	r.left = r.len - head;
	if (r.left < 1 || answer(server, client, &r) < 0)
		drop(server, client);
	tell(server, was.state);
}

/* ---- Connections ---------------------------------------------------------------- */

static void welcome(struct arm_server *server)
{
	int fd = accept(server->listener, NULL, NULL);
	int i;

	for (i = 0; fd >= 0 && i < CLIENTS; i++) {
		if (server->client[i] >= 0)
			continue;
		server->client[i] = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
}

static int serve_all(struct arm_server *server)
{
	struct pollfd fds[POLL_CLIENTS + CLIENTS];
	int i;

	for (;;) {
		fds[POLL_LISTEN] = (struct pollfd){ server->listener, POLLIN, 0 };
		fds[POLL_STOP] = (struct pollfd){ server->stop, POLLIN, 0 };
		for (i = 0; i < CLIENTS; i++)
			fds[POLL_CLIENTS + i] =
				(struct pollfd){ server->client[i], POLLIN, 0 };
		if (poll(fds, POLL_CLIENTS + CLIENTS, -1) < 0 && errno != EINTR)
			return -1;
		if (fds[POLL_STOP].revents)
			return 0;
		for (i = 0; i < CLIENTS; i++)
			if (fds[POLL_CLIENTS + i].revents)
				handle(server, i);
		if (fds[POLL_LISTEN].revents)
			welcome(server);
	}
}

int arm_server_run(struct arm_server *server)
{
	struct arm_realtime was;
	int ret;

	arm_realtime_begin(&was);
	ret = serve_all(server);
	arm_realtime_end(&was);
	return ret;
}

void arm_server_stop(struct arm_server *server)
{
	const uint64_t one = 1;

	if (write(server->stop, &one, sizeof(one)) < 0)
		return;	/* it is full: the server has been told before */
}

int arm_server_port(const struct arm_server *server)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	if (getsockname(server->listener, (struct sockaddr *)&address, &len))
		return -1;
	return ntohs(address.sin_port);
}

/* ---- Opening -------------------------------------------------------------------- */

static int open_modbus(struct arm_server *server, char *why, size_t size)
{
	char host[ARM_HOST];
	int port;

	if (arm_address_parse(server->options.address, host, &port)) {
		snprintf(why, size, "\"%s\" is no address like 127.0.0.1:1502",
			 server->options.address);
		return -1;
	}
	server->modbus = modbus_new_tcp(host, port);
	server->registers = modbus_mapping_new(0, 0, REGISTERS, 0);
	if (server->modbus && server->registers) {
		modbus_set_indication_timeout(server->modbus, 0, REQUEST_US);
		modbus_set_byte_timeout(server->modbus, 0, REQUEST_US);
		server->listener = modbus_tcp_listen(server->modbus, CLIENTS);
	}
	if (server->listener >= 0)
		return 0;
	snprintf(why, size, "cannot listen on %s: %s", server->options.address,
		 modbus_strerror(errno));
	return -1;
}

static int start(struct arm_server *server, char *why, size_t size)
{
	int ret;

	server->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	server->ticking = true;
	ret = server->stop < 0 ? errno :
	      pthread_create(&server->ticker, NULL, ticker, server);
	if (!ret)
		return 0;
	server->ticking = false;
	snprintf(why, size, "cannot start the arm: %s", strerror(ret));
	return -1;
}

int arm_server_open(const struct arm_server_options *options,
		    struct arm_server **out, char *why, size_t size)
{
	struct arm_server *server = calloc(1, sizeof(*server));

	if (!server) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	server->options = *options;
	server->listener = -1;
	server->stop = -1;
	server->owner = NOBODY;
	memset(server->client, 0xff, sizeof(server->client));
	pthread_mutex_init(&server->lock, NULL);
	arm_sim_init(&server->sim, options->watchdog_ms);
	if (open_modbus(server, why, size) || start(server, why, size)) {
		arm_server_close(server);
		return -1;
	}
	*out = server;
	return 0;
}

static void end_ticking(struct arm_server *server)
{
	bool was;

	pthread_mutex_lock(&server->lock);
	was = server->ticking;
	server->ticking = false;
	pthread_mutex_unlock(&server->lock);
	if (was)
		pthread_join(server->ticker, NULL);
}

void arm_server_close(struct arm_server *server)
{
	int i;

	if (!server)
		return;
	end_ticking(server);
	for (i = 0; i < CLIENTS; i++)
		if (server->client[i] >= 0)
			close(server->client[i]);
	if (server->listener >= 0)
		close(server->listener);
	if (server->stop >= 0)
		close(server->stop);
	modbus_mapping_free(server->registers);
	modbus_free(server->modbus);
	pthread_mutex_destroy(&server->lock);
	free(server);
}
