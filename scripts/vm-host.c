// SPDX-License-Identifier: MIT
/*
 * vm-host: runs one COMMAND in the emulated machine. It is started by scripts/vm,
 * which decides what the machine looks like, and owns the processes: QEMU and
 * the file-sharing daemons are its children and die with it. Streams, signals,
 * the terminal's size and the exit status go through vm-agent (vm-proto.h).
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "vm-proto.h"

#define SEPARATOR	"::"
/* Descriptor on which a child finds the one socket that it is given. */
#define CHILD_FD	3
#define MAX_CHILDREN	34
#define MAX_ENV		64
/* A command that ignores a signal can still be got rid of from a keyboard. */
#define INSIST		3
#define STOP_MS		1000
/*
 * An emulated processor may come up without its timer interrupt where the host
 * is busy: such a guest never gets ready, the next one does. COMMAND has not
 * been sent by then. The tries share the time as 1 : 2 : 3.
 */
#define BOOT_TRIES	3
#define BOOT_SHARES	6
#define TAIL_BYTES	4096
#define BOOT_SHOW_MS	1000

#define EXIT_TIMEOUT	124
#define EXIT_MACHINE	125

/**
 * struct buffer - bytes that wait for a descriptor to take them
 * @data: the bytes
 * @len: how many
 * @cap: room in @data
 */
struct buffer {
	uint8_t *data;
	size_t len;
	size_t cap;
};

/**
 * struct host - the machine and its command
 * @dir: private folder: logs, sockets, initramfs; removed at the end
 * @kmsg_path: where the guest's kernel log goes, or NULL
 * @boot_ms: time for the guest to become ready, all tries together
 * @run_ms: time for the command, 0 for no limit
 * @verbose: tell about the phases
 * @env: "NAME=VALUE" strings for the command, @envc of them
 * @argv: the command, NULL-terminated
 * @program: what the children run: QEMU, then the daemons, each of which has
 *	the path of its socket before it
 * @programs: how many of @program there are
 * @child: QEMU is child 0, the daemons follow
 * @children: how many of @child are in use
 * @sock: to the agent
 * @sigfd: every signal that matters
 * @kmsg: @kmsg_path opened
 * @started: ms at the start
 * @deadline: ms at which the present phase must be over, 0 for never
 * @tries: how often the machine was started
 * @shown: the time that the boot takes stands on the terminal
 * @ready: the guest is set up and the command sent
 * @in: standard input while it is read, else -1
 * @credit: bytes of input that the agent has room for
 * @tx: on its way to the agent
 * @rx: received, not handled
 * @out: on its way to @out_fd
 * @out_fd: descriptor that @out is meant for
 * @insisted: how often the last signal came
 * @last_sig: that signal
 * @raw: the terminal was made raw
 * @saved: its settings before
 */
struct host {
	char *dir;
	const char *kmsg_path;
	long boot_ms;
	long run_ms;
	bool verbose;
	char *env[MAX_ENV];
	int envc;
	char **argv;
	char **program[MAX_CHILDREN];
	int programs;
	pid_t child[MAX_CHILDREN];
	int children;
	int sock;
	int sigfd;
	int kmsg;
	long started;
	long deadline;
	int tries;
	bool shown;
	bool ready;
	int in;
	size_t credit;
	struct buffer tx;
	struct buffer rx;
	struct buffer out;
	int out_fd;
	int insisted;
	uint32_t last_sig;
	bool raw;
	struct termios saved;
};

static struct host host = { .boot_ms = 120000, .kmsg = -1, .in = -1,
			    .credit = VM_WINDOW };

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void buffer_add(struct buffer *b, const void *data, size_t len)
{
	if (b->len + len > b->cap) {
		b->cap = 2 * (b->len + len);
		b->data = realloc(b->data, b->cap);
		if (!b->data)
			err(EXIT_MACHINE, "buffer");
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void buffer_drop(struct buffer *b, size_t len)
{
	memmove(b->data, b->data + len, b->len - len);
	b->len -= len;
}

static void note(struct host *h, const char *text)
{
	if (h->verbose)
		fprintf(stderr, "vm: %5.2f s: %s\n",
			(now_ms() - h->started) / 1000.0, text);
}

/* A terminal sees that the machine boots; the line goes when it has. */
static void boot_show(struct host *h)
{
	long ms = now_ms() - h->started;

	if (!h->ready && ms >= BOOT_SHOW_MS && isatty(2)) {
		fprintf(stderr, "\r  BOOT     %ld s ", ms / 1000);
		h->shown = true;
	}
}

static void boot_hide(struct host *h)
{
	if (h->shown)
		fputs("\r\033[K", stderr);
	h->shown = false;
}

/* --- the processes --- */

/*
 * A group of their own keeps the terminal's signals away from them: Ctrl-C is
 * for the command in the guest.
 */
static void __attribute__((noreturn)) child_exec(char **argv, int fd, int log)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(null, 0);
	dup2(log, 1);
	dup2(log, 2);
	if (fd == CHILD_FD)
		fcntl(fd, F_SETFD, 0);
	else
		dup2(fd, CHILD_FD);
	execv(argv[0], argv);
	warn("%s", argv[0]);
	_exit(EXIT_MACHINE);
}

static pid_t child_start(struct host *h, char **argv, int fd)
{
	char path[PATH_MAX];
	pid_t pid;
	int log;

	snprintf(path, sizeof(path), "%s/machine.log", h->dir);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0)
		err(EXIT_MACHINE, "%s", path);
	pid = fork();
	if (pid < 0)
		err(EXIT_MACHINE, "fork");
	if (!pid)
		child_exec(argv, fd, log);
	close(log);
	return pid;
}

static int listen_on(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(sun.sun_path))
		errx(EXIT_MACHINE, "path of a socket is too long: %s", path);
	memcpy(sun.sun_path, path, strlen(path));
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) ||
	    listen(fd, 1))
		err(EXIT_MACHINE, "%s", path);
	return fd;
}

/* A daemon gets its listening socket, so QEMU need not wait for it. */
static void daemon_start(struct host *h, char **argv)
{
	int fd = listen_on(argv[0]);

	h->child[h->children++] = child_start(h, argv + 1, fd);
	close(fd);
}

static void qemu_start(struct host *h, char **argv)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		err(EXIT_MACHINE, "socketpair");
	h->child[0] = child_start(h, argv, sv[1]);
	close(sv[1]);
	h->sock = sv[0];
	fcntl(h->sock, F_SETFL, O_NONBLOCK);
}

static void machine_start(struct host *h)
{
	h->tries++;
	h->deadline = now_ms() + h->boot_ms * h->tries / BOOT_SHARES;
	/* Place 0 is QEMU's, which starts last: it connects to the daemons. */
	h->children = 1;
	for (int i = 1; i < h->programs; i++)
		daemon_start(h, h->program[i]);
	qemu_start(h, h->program[0]);
	note(h, "machine started");
}

static bool child_wait(pid_t pid, long until)
{
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (now_ms() >= until)
			return false;
		usleep(2000);
	}
	return true;
}

static void machine_stop(struct host *h)
{
	long until = now_ms() + STOP_MS;

	for (int i = 0; i < h->children; i++)
		if (h->child[i] > 0)
			kill(h->child[i], SIGTERM);
	for (int i = 0; i < h->children; i++) {
		if (h->child[i] <= 0 || child_wait(h->child[i], until))
			continue;
		kill(h->child[i], SIGKILL);
		waitpid(h->child[i], NULL, 0);
	}
	h->children = 0;
}

/* --- the end --- */

static void dir_remove(const char *dir)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

static void cleanup(void)
{
	struct host *h = &host;

	boot_hide(h);
	if (h->raw)
		tcsetattr(0, TCSADRAIN, &h->saved);
	machine_stop(h);
	dir_remove(h->dir);
}

/* Shows the end of a log, without what could upset a terminal. */
static void log_show(struct host *h, const char *name)
{
	char path[PATH_MAX], buf[TAIL_BYTES];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", h->dir, name);
	f = fopen(path, "r");
	if (!f)
		return;
	if (fseek(f, -(long)sizeof(buf), SEEK_END))
		rewind(f);
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	if (n)
		fprintf(stderr, "vm: end of %s:\n", name);
	for (size_t i = 0; i < n; i++)
		if (buf[i] == '\n' || (buf[i] >= ' ' && buf[i] < 127))
			putc(buf[i], stderr);
	if (n && buf[n - 1] != '\n')
		putc('\n', stderr);
}

static void __attribute__((noreturn, format(printf, 2, 3)))
machine_failed(struct host *h, const char *fmt, ...)
{
	va_list args;

	if (h->raw)
		tcsetattr(0, TCSADRAIN, &h->saved);
	h->raw = false;
	boot_hide(h);
	/* Stopped first, so that the logs are complete. */
	machine_stop(h);
	fputs("vm: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	putc('\n', stderr);
	log_show(h, "machine.log");
	log_show(h, "console.log");
	exit(EXIT_MACHINE);
}

static void boot_again(struct host *h)
{
	boot_hide(h);
	fprintf(stderr, "vm: the guest has not booted in %ld s: once more\n",
		h->boot_ms * h->tries / BOOT_SHARES / 1000);
	machine_stop(h);
	close(h->sock);
	h->rx.len = 0;
	machine_start(h);
}

static void too_late(struct host *h)
{
	if (!h->ready && h->tries < BOOT_TRIES) {
		boot_again(h);
		return;
	}
	if (!h->ready)
		machine_failed(h, "the guest did not boot within %ld s",
			       h->boot_ms / 1000);
	fprintf(stderr, "vm: stopped: the command ran longer than %ld s\n",
		h->run_ms / 1000);
	exit(EXIT_TIMEOUT);
}

/* --- the terminal --- */

static bool is_terminal(int fd)
{
	/* A job in the background must leave the terminal alone. */
	return isatty(fd) && tcgetpgrp(fd) == getpgrp();
}

static struct vm_winsize terminal_size(void)
{
	struct winsize w;

	for (int fd = 0; fd < 3; fd++)
		if (isatty(fd) && !ioctl(fd, TIOCGWINSZ, &w))
			return (struct vm_winsize){ w.ws_row, w.ws_col };
	return (struct vm_winsize){ 0, 0 };
}

static void terminal_raw(struct host *h)
{
	struct termios t;

	if (!is_terminal(0) || tcgetattr(0, &h->saved))
		return;
	t = h->saved;
	cfmakeraw(&t);
	h->raw = !tcsetattr(0, TCSADRAIN, &t);
}

/* --- frames --- */

static void frame_add(struct host *h, uint32_t type, const void *data,
		      uint32_t len)
{
	struct vm_frame f = { .type = type, .len = len };

	buffer_add(&h->tx, &f, sizeof(f));
	if (len)
		buffer_add(&h->tx, data, len);
}

static void exec_send(struct host *h)
{
	struct vm_exec x = { .size = terminal_size(), .envc = h->envc };
	struct buffer b = { 0 };

	for (int fd = 0; fd < 3; fd++)
		if (is_terminal(fd))
			x.flags |= 1 << fd;
	if (h->kmsg_path)
		x.flags |= VM_EXEC_KMSG;
	while (h->argv[x.argc])
		x.argc++;
	buffer_add(&b, &x, sizeof(x));
	for (char **s = h->argv; *s; s++)
		buffer_add(&b, *s, strlen(*s) + 1);
	for (int i = 0; i < h->envc; i++)
		buffer_add(&b, h->env[i], strlen(h->env[i]) + 1);
	if (b.len > VM_FRAME_MAX)
		errx(EXIT_MACHINE, "the command is longer than %u bytes",
		     VM_FRAME_MAX);
	frame_add(h, VM_EXEC, b.data, b.len);
	free(b.data);
}

static void guest_ready(struct host *h)
{
	if (h->ready)
		return;
	boot_hide(h);
	note(h, "guest ready");
	h->ready = true;
	h->deadline = h->run_ms ? now_ms() + h->run_ms : 0;
	terminal_raw(h);
	exec_send(h);
	h->in = 0;
}

static uint32_t word(const uint8_t *data, uint32_t len)
{
	uint32_t v = 0;

	if (len == sizeof(v))
		memcpy(&v, data, sizeof(v));
	return v;
}

static void output(struct host *h, int fd, const uint8_t *data, uint32_t len)
{
	buffer_add(&h->out, data, len);
	h->out_fd = fd;
}

static void frame_handle(struct host *h, uint32_t type, const uint8_t *data,
			 uint32_t len)
{
	switch (type) {
	case VM_READY:
		guest_ready(h);
		break;
	case VM_FAIL:
		machine_failed(h, "the guest could not be set up: %.*s",
			       (int)len, (const char *)data);
	case VM_TAKEN:
		h->credit += word(data, len);
		break;
	case VM_STDOUT:
		output(h, 1, data, len);
		break;
	case VM_STDERR:
		output(h, 2, data, len);
		break;
	case VM_KMSG:
		output(h, h->kmsg, data, len);
		break;
	case VM_EXIT:
		note(h, "command ended");
		exit(word(data, len) & 0xff);
	default:
		machine_failed(h, "the guest's agent sent a frame of type %u",
			       type);
	}
}

/* One frame at a time: the next one waits until its output is written. */
static void frames_handle(struct host *h)
{
	struct vm_frame f;

	while (!h->out.len && h->rx.len >= sizeof(f)) {
		memcpy(&f, h->rx.data, sizeof(f));
		if (f.len > VM_FRAME_MAX)
			machine_failed(h, "the guest's agent sent %u bytes",
				       f.len);
		if (h->rx.len - sizeof(f) < f.len)
			return;
		frame_handle(h, f.type, h->rx.data + sizeof(f), f.len);
		buffer_drop(&h->rx, sizeof(f) + f.len);
	}
}

static void __attribute__((noreturn)) machine_gone(struct host *h)
{
	machine_failed(h, h->ready ? "the machine stopped before the command ended" :
				     "the machine stopped while it booted");
}

static void sock_receive(struct host *h)
{
	uint8_t buf[VM_CHUNK];
	ssize_t n = read(h->sock, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		machine_gone(h);
	buffer_add(&h->rx, buf, n);
}

static void sock_send(struct host *h)
{
	ssize_t n = send(h->sock, h->tx.data, h->tx.len, MSG_NOSIGNAL);

	if (n > 0)
		buffer_drop(&h->tx, n);
}

/* --- the streams of this process --- */

static void input_read(struct host *h)
{
	uint8_t buf[VM_CHUNK];
	size_t room = h->credit < sizeof(buf) ? h->credit : sizeof(buf);
	ssize_t n = read(h->in, buf, room);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		h->in = -1;
		n = 0;
	}
	h->credit -= n;
	frame_add(h, VM_STDIN, buf, n);
}

/*
 * The descriptors may be shared with other processes and stay blocking. A pipe
 * that polls writable takes PIPE_BUF bytes at once, so signals get through
 * while a reader is slow.
 */
static void output_write(struct host *h)
{
	size_t len = h->out.len < PIPE_BUF ? h->out.len : PIPE_BUF;
	ssize_t n = write(h->out_fd, h->out.data, len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 && errno == EPIPE)
		exit(128 + SIGPIPE);
	if (n < 0)
		err(EXIT_MACHINE, "cannot write the command's output");
	buffer_drop(&h->out, n);
}

/* --- signals --- */

static void signal_forward(struct host *h, uint32_t sig)
{
	h->insisted = sig == h->last_sig ? h->insisted + 1 : 1;
	h->last_sig = sig;
	if (!h->ready || h->insisted >= INSIST) {
		fprintf(stderr, "vm: stopped by signal %u\n", sig);
		exit(128 + sig);
	}
	frame_add(h, VM_SIGNAL, &sig, sizeof(sig));
}

/* QEMU's own end shows on the socket; a daemon's would hang the guest. */
static void children_check(struct host *h)
{
	for (int i = 1; i < h->children; i++)
		if (waitpid(h->child[i], NULL, WNOHANG) == h->child[i])
			machine_failed(h, "the file sharing stopped");
}

static void signal_handle(struct host *h)
{
	struct signalfd_siginfo info;
	struct vm_winsize size;

	if (read(h->sigfd, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGCHLD:
		children_check(h);
		break;
	case SIGWINCH:
		size = terminal_size();
		if (h->ready)
			frame_add(h, VM_WINSIZE, &size, sizeof(size));
		break;
	default:
		signal_forward(h, info.ssi_signo);
	}
}

static void signals_open(struct host *h)
{
	static const int sig[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH,
				   SIGCHLD };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(sig); i++) {
		/* A background job of a script may have inherited "ignore". */
		signal(sig[i], SIG_DFL);
		sigaddset(&set, sig[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	h->sigfd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (h->sigfd < 0)
		err(EXIT_MACHINE, "signalfd");
}

/* --- the loop --- */

static int time_left(struct host *h)
{
	long left = h->deadline - now_ms();
	long most = h->ready ? INT_MAX : BOOT_SHOW_MS;

	if (!h->deadline)
		return -1;
	if (left < 0)
		return 0;
	return left < most ? left : most;
}

static void __attribute__((noreturn)) serve(struct host *h)
{
	for (;;) {
		if (h->deadline && now_ms() >= h->deadline)
			too_late(h);
		boot_show(h);

		struct pollfd p[] = {
			{ .fd = h->sigfd, .events = POLLIN },
			{ .fd = h->sock, .events = (h->out.len ? 0 : POLLIN) |
						   (h->tx.len ? POLLOUT : 0) },
			{ .fd = h->credit ? h->in : -1, .events = POLLIN },
			{ .fd = h->out.len ? h->out_fd : -1, .events = POLLOUT },
		};

		if (poll(p, ARRAY_SIZE(p), time_left(h)) < 0)
			continue;
		if (p[0].revents)
			signal_handle(h);
		if (p[1].revents & POLLOUT)
			sock_send(h);
		if (p[1].revents & (POLLIN | POLLHUP) && !h->out.len)
			sock_receive(h);
		if (p[2].revents)
			input_read(h);
		if (p[3].revents)
			output_write(h);
		frames_handle(h);
	}
}

/* --- the command line --- */

static const char usage_text[] =
"Usage: vm-host --dir DIR [OPTION]... [:: SOCKET DAEMON...]... :: QEMU... :: COMMAND...\n"
"Runs COMMAND through vm-agent in the machine that QEMU emulates. QEMU finds\n"
"the agent's socket at descriptor 3, DAEMON the listening SOCKET. DIR is removed.\n"
"\n"
"  --dir DIR            private folder for logs (console.log, machine.log)\n"
"  --daemons N          number of DAEMON sections (0)\n"
"  --boot-timeout SEC   time for the guest to become ready (120)\n"
"  --timeout SEC        time for COMMAND, 0 for no limit (0)\n"
"  --dmesg FILE         write the guest's kernel log to FILE\n"
"  --env NAME=VALUE     set a variable for COMMAND\n"
"  --verbose            tell the phases on standard error\n"
"  -h, --help           this text\n"
"\n"
"Exit status: COMMAND's; 128 + N when signal N ended it; 124 after --timeout;\n"
"125 when the machine failed; 126 or 127 when COMMAND could not be run.\n";

static long seconds_parse(const char *s)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (*end || end == s || v < 0 || v > INT_MAX / 1000)
		errx(EXIT_MACHINE, "not a number of seconds: %s", s);
	return v * 1000;
}

static void option_env(struct host *h, char *s)
{
	if (!strchr(s, '='))
		errx(EXIT_MACHINE, "--env wants NAME=VALUE, not %s", s);
	if (h->envc >= MAX_ENV)
		errx(EXIT_MACHINE, "more than %d variables", MAX_ENV);
	h->env[h->envc++] = s;
}

/* Returns the number of daemons. */
static int options_parse(struct host *h, int argc, char **argv)
{
	static const struct option opts[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "daemons", required_argument, NULL, 'n' },
		{ "boot-timeout", required_argument, NULL, 'b' },
		{ "timeout", required_argument, NULL, 't' },
		{ "dmesg", required_argument, NULL, 'k' },
		{ "env", required_argument, NULL, 'e' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int daemons = 0, c;

	while ((c = getopt_long(argc, argv, "+h", opts, NULL)) != -1) {
		switch (c) {
		case 'd':
			h->dir = optarg;
			break;
		case 'n':
			daemons = seconds_parse(optarg) / 1000;
			break;
		case 'b':
			h->boot_ms = seconds_parse(optarg);
			break;
		case 't':
			h->run_ms = seconds_parse(optarg);
			break;
		case 'k':
			h->kmsg_path = optarg;
			break;
		case 'e':
			option_env(h, optarg);
			break;
		case 'v':
			h->verbose = true;
			break;
		case 'h':
			fputs(usage_text, stdout);
			exit(0);
		default:
			fputs(usage_text, stderr);
			exit(EXIT_MACHINE);
		}
	}
	if (!h->dir)
		errx(EXIT_MACHINE, "--dir is missing");
	return daemons;
}

/* The section that starts at argv[*at] gets an end of its own; *at moves behind. */
static char **section_cut(char **argv, int *at)
{
	char **start = argv + *at;

	while (argv[*at] && strcmp(argv[*at], SEPARATOR))
		(*at)++;
	if (!argv[*at])
		errx(EXIT_MACHINE, "a section has to end with " SEPARATOR);
	argv[(*at)++] = NULL;
	return start;
}

/* Daemons, QEMU and COMMAND, in this order, as the usage text tells. */
static void sections_parse(struct host *h, char **argv, int daemons)
{
	int at = optind;

	if (daemons >= MAX_CHILDREN)
		errx(EXIT_MACHINE, "more than %d daemons", MAX_CHILDREN - 1);
	if (!argv[at] || strcmp(argv[at++], SEPARATOR))
		errx(EXIT_MACHINE, "a section has to start with " SEPARATOR);
	h->programs = 1 + daemons;
	for (int i = 1; i < h->programs; i++) {
		h->program[i] = section_cut(argv, &at);
		if (!h->program[i][0] || !h->program[i][1])
			errx(EXIT_MACHINE, "a daemon needs a socket and a program");
	}
	h->program[0] = section_cut(argv, &at);
	if (!h->program[0][0])
		errx(EXIT_MACHINE, "no emulator given");
	h->argv = argv + at;
	if (!h->argv[0])
		errx(EXIT_MACHINE, "no command given");
}

static void kmsg_open(struct host *h)
{
	if (!h->kmsg_path)
		return;
	h->kmsg = open(h->kmsg_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		       0644);
	if (h->kmsg < 0)
		err(EXIT_MACHINE, "%s", h->kmsg_path);
}

int main(int argc, char **argv)
{
	struct host *h = &host;
	int daemons = options_parse(h, argc, argv);

	h->started = now_ms();
	sections_parse(h, argv, daemons);
	atexit(cleanup);
	kmsg_open(h);
	signals_open(h);
	machine_start(h);
	serve(h);
}
