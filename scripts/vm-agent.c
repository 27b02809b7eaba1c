// SPDX-License-Identifier: MIT
/*
 * vm-agent: the first process of the emulated machine. It runs one COMMAND for
 * vm-host and carries its streams, signals and exit status over a virtio-serial
 * port (vm-proto.h). Being process 1 it also buries every orphan.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "vm-proto.h"

/* The port shows up some time after the driver; a busy host makes it late. */
#define PORT_TRIES	2000
#define PORT_STEP_US	5000
#define PORT_GONE_US	100000

/**
 * struct agent - all that is known about the one command
 * @port: the virtio-serial port
 * @sigfd: tells of SIGCHLD
 * @kmsg: /dev/kmsg, or -1 where nobody asked for the log
 * @tty: master of COMMAND's terminal, or -1
 * @tty_type: frame type that output of @tty goes out as
 * @in: where COMMAND's standard input is written, -1 once it is closed
 * @out: where its standard output is read, -1 where that is @tty
 * @err: the same for standard error
 * @child: its process, which leads a session and a group of its own
 * @status: its exit status, valid once @child is 0
 * @in_eof: no more standard input will come
 * @in_len: bytes waiting in @in_buf
 * @in_buf: standard input not yet taken
 * @rx_len: bytes in @rx_buf
 * @rx_buf: received bytes that do not make a whole frame yet
 */
struct agent {
	int port;
	int sigfd;
	int kmsg;
	int tty;
	uint32_t tty_type;
	int in;
	int out;
	int err;
	pid_t child;
	uint32_t status;
	bool in_eof;
	size_t in_len;
	uint8_t in_buf[VM_WINDOW];
	size_t rx_len;
	uint8_t rx_buf[sizeof(struct vm_frame) + VM_FRAME_MAX];
};

static int port_open(void)
{
	char name[sizeof(VM_PORT_NAME) + 1], port[32], path[64];
	glob_t g;
	int fd = -1;

	if (glob("/sys/class/virtio-ports/*/name", 0, NULL, &g))
		return -1;
	for (size_t i = 0; i < g.gl_pathc && fd < 0; i++) {
		FILE *f = fopen(g.gl_pathv[i], "r");

		if (!f)
			continue;
		if (fgets(name, sizeof(name), f) &&
		    !strncmp(name, VM_PORT_NAME, strlen(VM_PORT_NAME)) &&
		    sscanf(g.gl_pathv[i], "/sys/class/virtio-ports/%31[^/]",
			   port) == 1) {
			snprintf(path, sizeof(path), "/dev/%s", port);
			fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		}
		fclose(f);
	}
	globfree(&g);
	return fd;
}

static int port_wait(void)
{
	int fd = -1;

	for (int i = 0; i < PORT_TRIES && fd < 0; i++) {
		fd = port_open();
		if (fd < 0)
			usleep(PORT_STEP_US);
	}
	return fd;
}

/*
 * The port goes with its driver, which a test takes away before the machine sleeps: 7.3's
 * does not come back from that, nor does one that begins anew just then.
 */
static void port_reopen(struct agent *a)
{
	close(a->port);
	while ((a->port = port_open()) < 0)
		usleep(PORT_GONE_US);
}

/*
 * One write a frame: what the kernel has taken and the host has not is lost
 * when the machine goes to sleep, and half a frame would spoil all after it.
 */
static void frame_send(struct agent *a, uint32_t type, const void *data,
		       uint32_t len)
{
	static uint8_t frame[sizeof(struct vm_frame) + VM_CHUNK];
	struct vm_frame f = { .type = type, .len = len };
	struct pollfd p = { .events = POLLOUT };
	ssize_t n = 0;

	memcpy(frame, &f, sizeof(f));
	memcpy(frame + sizeof(f), data, len);
	for (len += sizeof(f); n < len; ) {
		p.fd = a->port;
		if (poll(&p, 1, -1) < 0)
			continue;
		if (p.revents & POLLHUP)
			port_reopen(a);
		else
			n = write(a->port, frame, len);
	}
}

static void stream_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Returns false when there is nothing more to read for now. */
static bool stream_forward(struct agent *a, int *fd, uint32_t type)
{
	static uint8_t buf[VM_CHUNK];
	ssize_t n = read(*fd, buf, sizeof(buf));

	if (n > 0) {
		frame_send(a, type, buf, n);
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	/* End of the pipe, or EIO: nobody holds the terminal any more. */
	stream_close(fd);
	return false;
}

/* One record of /dev/kmsg becomes what `dmesg -r` prints. */
static bool kmsg_forward(struct agent *a)
{
	char rec[8192], line[sizeof(rec) + 64];
	unsigned long long usec;
	unsigned int prio;
	ssize_t n = read(a->kmsg, rec, sizeof(rec) - 1);
	char *text;

	/* EPIPE: records were overwritten, the next read goes on after them. */
	if (n < 0)
		return errno == EPIPE;
	rec[n] = '\0';
	text = strchr(rec, ';');
	if (!text || sscanf(rec, "%u,%*u,%llu", &prio, &usec) != 2)
		return true;
	text[1 + strcspn(text + 1, "\n")] = '\0';
	n = snprintf(line, sizeof(line), "<%u>[%5llu.%06llu] %s\n", prio & 7,
		     usec / 1000000, usec % 1000000, text + 1);
	frame_send(a, VM_KMSG, line, n);
	return true;
}

static void input_taken(struct agent *a, uint32_t n)
{
	memmove(a->in_buf, a->in_buf + n, a->in_len - n);
	a->in_len -= n;
	frame_send(a, VM_TAKEN, &n, sizeof(n));
}

static void input_flush(struct agent *a)
{
	ssize_t n = a->in_len;

	if (a->in >= 0 && n)
		n = write(a->in, a->in_buf, a->in_len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		/* COMMAND has closed its input: what is left goes nowhere. */
		stream_close(&a->in);
		n = a->in_len;
	}
	if (n)
		input_taken(a, n);
	if (a->in_eof && !a->in_len)
		stream_close(&a->in);
}

static void input_add(struct agent *a, const uint8_t *data, uint32_t len)
{
	if (!len)
		a->in_eof = true;
	if (len > sizeof(a->in_buf) - a->in_len)
		len = sizeof(a->in_buf) - a->in_len;
	memcpy(a->in_buf + a->in_len, data, len);
	a->in_len += len;
	input_flush(a);
}

static void child_signal(struct agent *a, const uint8_t *data, uint32_t len)
{
	uint32_t sig;
	pid_t group;

	if (len != sizeof(sig) || a->child <= 0)
		return;
	memcpy(&sig, data, sizeof(sig));
	group = a->tty >= 0 ? tcgetpgrp(a->tty) : -1;
	if (group <= 0)
		group = a->child;
	/* The group does not exist before the child has called setsid(). */
	if (kill(-group, sig))
		kill(a->child, sig);
}

static void tty_resize(struct agent *a, const uint8_t *data, uint32_t len)
{
	struct vm_winsize size;

	if (len != sizeof(size) || a->tty < 0)
		return;
	memcpy(&size, data, sizeof(size));
	ioctl(a->tty, TIOCSWINSZ, &(struct winsize){
	      .ws_row = size.rows, .ws_col = size.cols });
}

/**
 * struct ends - COMMAND's side of its three streams
 * @fd: by file descriptor number
 * @tty: slave of its terminal, or -1
 */
struct ends {
	int fd[3];
	int tty;
};

static int nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

static void tty_open(struct agent *a, const struct vm_exec *x, struct ends *e)
{
	struct winsize size = { .ws_row = x->size.rows,
				.ws_col = x->size.cols };
	struct termios t;

	if (openpty(&a->tty, &e->tty, NULL, NULL, &size))
		_exit(1);
	fcntl(a->tty, F_SETFD, FD_CLOEXEC);
	fcntl(e->tty, F_SETFD, FD_CLOEXEC);
	nonblocking(a->tty);
	a->tty_type = x->flags & 2 ? VM_STDOUT : VM_STDERR;
	/* The host's terminal is raw, and leaves lines to us, only with bit 0. */
	if (!(x->flags & 1) && !tcgetattr(e->tty, &t)) {
		t.c_oflag &= ~OPOST;
		tcsetattr(e->tty, TCSANOW, &t);
	}
}

static void streams_open(struct agent *a, const struct vm_exec *x,
			 struct ends *e)
{
	int *ours[] = { &a->in, &a->out, &a->err };

	e->tty = -1;
	if (x->flags & 7)
		tty_open(a, x, e);
	for (int i = 0; i < 3; i++) {
		int p[2];

		e->fd[i] = e->tty;
		if (x->flags & (1 << i)) {
			*ours[i] = i ? -1 : fcntl(a->tty, F_DUPFD_CLOEXEC, 0);
			continue;
		}
		if (pipe2(p, O_CLOEXEC))
			_exit(1);
		e->fd[i] = p[!!i ? 1 : 0];
		*ours[i] = nonblocking(p[!!i ? 0 : 1]);
	}
}

static void __attribute__((noreturn))
child_run(struct agent *a, const struct ends *e, char **argv, char **envv)
{
	sigset_t none;

	setsid();
	if (e->tty >= 0)
		ioctl(e->tty, TIOCSCTTY, 0);
	for (int i = 0; i < 3; i++)
		dup2(e->fd[i], i);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	while (*envv)
		putenv(*envv++);
	execvp(argv[0], argv);
	fprintf(stderr, "vm: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void child_start(struct agent *a, const struct vm_exec *x, char **argv,
			char **envv)
{
	struct ends e;

	if (x->flags & VM_EXEC_KMSG)
		a->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	streams_open(a, x, &e);
	a->child = fork();
	if (a->child < 0)
		_exit(1);
	if (!a->child)
		child_run(a, &e, argv, envv);
	for (int i = 0; i < 3; i++)
		if (e.fd[i] != e.tty)
			close(e.fd[i]);
	stream_close(&e.tty);
}

/* Cuts @n strings off [*p, end), as a NULL-terminated vector. */
static char **strings_cut(char **p, char *end, uint32_t n)
{
	char **v;

	if (n > end - *p)
		return NULL;
	v = calloc(n + 1, sizeof(*v));
	for (uint32_t i = 0; v && i < n; i++) {
		char *nul = memchr(*p, '\0', end - *p);

		if (!nul)
			return NULL;
		v[i] = *p;
		*p = nul + 1;
	}
	return v;
}

static void exec_frame(struct agent *a, const uint8_t *data, uint32_t len)
{
	char *text, *end, **argv, **envv;
	struct vm_exec x;

	if (len < sizeof(x) || a->child)
		return;
	memcpy(&x, data, sizeof(x));
	len -= sizeof(x);
	text = malloc(len + 1);
	if (!text)
		_exit(1);
	memcpy(text, data + sizeof(x), len);
	end = text + len;
	argv = strings_cut(&text, end, x.argc);
	envv = strings_cut(&text, end, x.envc);
	if (!argv || !envv || !x.argc)
		_exit(1);
	/* The vectors stay: the one command lives as long as this process. */
	child_start(a, &x, argv, envv);
}

static void frame_handle(struct agent *a, uint32_t type, const uint8_t *data,
			 uint32_t len)
{
	switch (type) {
	case VM_EXEC:
		exec_frame(a, data, len);
		break;
	case VM_STDIN:
		input_add(a, data, len);
		break;
	case VM_SIGNAL:
		child_signal(a, data, len);
		break;
	case VM_WINSIZE:
		tty_resize(a, data, len);
		break;
	}
}

static void port_receive(struct agent *a)
{
	ssize_t n = read(a->port, a->rx_buf + a->rx_len,
			 sizeof(a->rx_buf) - a->rx_len);
	size_t at = 0;

	if (n > 0)
		a->rx_len += n;
	while (a->rx_len - at >= sizeof(struct vm_frame)) {
		struct vm_frame f;

		memcpy(&f, a->rx_buf + at, sizeof(f));
		if (f.len > VM_FRAME_MAX)
			_exit(1);
		if (a->rx_len - at - sizeof(f) < f.len)
			break;
		frame_handle(a, f.type, a->rx_buf + at + sizeof(f), f.len);
		at += sizeof(f) + f.len;
	}
	memmove(a->rx_buf, a->rx_buf + at, a->rx_len - at);
	a->rx_len -= at;
}

/* Returns true once COMMAND itself has ended. */
static bool children_reap(struct agent *a)
{
	struct signalfd_siginfo info;
	bool ended = false;
	int status;
	pid_t pid;

	while (read(a->sigfd, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != a->child)
			continue;
		ended = true;
		a->status = WIFEXITED(status) ? WEXITSTATUS(status)
					      : 128 + WTERMSIG(status);
	}
	return ended;
}

/*
 * What COMMAND wrote before it ended lies in the pipes by now. Processes that
 * it left behind may hold them open, so the end is an empty pipe, not a closed
 * one.
 */
static void finish(struct agent *a)
{
	while (a->out >= 0 && stream_forward(a, &a->out, VM_STDOUT))
		;
	while (a->err >= 0 && stream_forward(a, &a->err, VM_STDERR))
		;
	while (a->tty >= 0 && stream_forward(a, &a->tty, a->tty_type))
		;
	/* The host stops the machine without a shutdown. */
	sync();
	while (a->kmsg >= 0 && kmsg_forward(a))
		;
	frame_send(a, VM_EXIT, &a->status, sizeof(a->status));
}

static void serve(struct agent *a)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = a->port, .events = POLLIN },
			{ .fd = a->sigfd, .events = POLLIN },
			{ .fd = a->in_len ? a->in : -1, .events = POLLOUT },
			{ .fd = a->out, .events = POLLIN },
			{ .fd = a->err, .events = POLLIN },
			{ .fd = a->tty, .events = POLLIN },
			{ .fd = a->kmsg, .events = POLLIN },
		};

		if (poll(p, ARRAY_SIZE(p), -1) < 0)
			continue;
		if (p[0].revents & POLLIN)
			port_receive(a);
		if (p[0].revents & POLLHUP)
			port_reopen(a);
		if (p[2].revents)
			input_flush(a);
		if (p[3].revents)
			stream_forward(a, &a->out, VM_STDOUT);
		if (p[4].revents)
			stream_forward(a, &a->err, VM_STDERR);
		if (p[5].revents)
			stream_forward(a, &a->tty, a->tty_type);
		if (p[6].revents)
			kmsg_forward(a);
		if (p[1].revents && children_reap(a))
			return;
	}
}

static int sigchld_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/**
 * main() - "vm-agent" runs the command of the host; "vm-agent --fail TEXT"
 * only tells the host that the guest's set-up failed
 */
int main(int argc, char **argv)
{
	static struct agent a = { .kmsg = -1, .tty = -1, .in = -1, .out = -1,
				  .err = -1 };

	a.port = port_wait();
	if (a.port < 0) {
		fprintf(stderr, "vm-agent: no port %s\n", VM_PORT_NAME);
		return 1;
	}
	if (argc == 3 && !strcmp(argv[1], "--fail")) {
		frame_send(&a, VM_FAIL, argv[2],
			   strnlen(argv[2], VM_CHUNK));
	} else {
		a.sigfd = sigchld_open();
		frame_send(&a, VM_READY, NULL, 0);
		serve(&a);
		finish(&a);
	}
	/* Process 1 must not end: the host takes the machine down. */
	for (;;)
		pause();
}
