// SPDX-License-Identifier: MIT
/*
 * tnpu trace: tracefs and debugfs. Both are for root.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cmd_trace.h"

#define TRACEFS		"/sys/kernel/tracing"
#define TRACEFS_OLD	"/sys/kernel/debug/tracing"
#define DEBUGFS		"/sys/kernel/debug"
#define WITHOUT_DRIVER	"--no-driver does without the driver's events"
#define WITHOUT_DEVICE	"--no-device does without the device's spans"
/* Of each processor: some 50,000 events, of which a job has less than ten. */
#define TRACEFS_KB	"8192"

#define SPANS_SIZE	(sizeof(struct tnpu_spans) + TNPU_SPANS_MAX * sizeof(struct tnpu_span))
/* Reads at one time: a device that records faster than it can be read must not keep us. */
#define SPANS_READS	64

static bool fs_is(const char *path, unsigned long magic)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == magic;
}

/* Is it there, or can it be mounted? It stays mounted, as it does behind any other tool. */
static bool fs_mount(const char *path, const char *type, unsigned long magic)
{
	return fs_is(path, magic) || (!mount(type, path, type, 0, NULL) && fs_is(path, magic));
}

/* @without: what to do without it, which is of no use to whoever may not trace at all */
static int fs_failed(struct tnpu_errmsg *err, int error, const char *path, const char *without)
{
	if (error == EACCES || error == EPERM)
		without = "only root can trace";
	return tnpu_errmsg_set(err, -error, "%s: %s; %s", path, strerror(error), without);
}

/* ---- tracefs ------------------------------------------------------------------------------- */

/* Writes @value to a file of the instance. */
static int tracefs_set(const struct tnpu_tracefs *fs, const char *name, const char *value)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd, error;

	snprintf(path, sizeof(path), "%s/%s", fs->path, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, value, strlen(value));
	error = n < 0 ? errno : 0;
	close(fd);
	return -error;
}

/* An instance of our own: whoever else traces does not notice. */
static int tracefs_make(struct tnpu_tracefs *fs, struct tnpu_errmsg *err)
{
	const char *root = TRACEFS;
	int error = 0;

	if (!fs_mount(TRACEFS, "tracefs", TRACEFS_MAGIC)) {
		error = errno;
		root = TRACEFS_OLD;
	}
	if (error && !fs_is(TRACEFS_OLD, TRACEFS_MAGIC))
		return fs_failed(err, error, "cannot mount tracefs at " TRACEFS, WITHOUT_DRIVER);
	snprintf(fs->path, sizeof(fs->path), "%s/instances/tnpu-%d", root, getpid());
	if (!mkdir(fs->path, 0700))
		return 0;
	error = fs_failed(err, errno, fs->path, WITHOUT_DRIVER);
	fs->path[0] = '\0';
	return error;
}

static int tracefs_setup(const struct tnpu_tracefs *fs, struct tnpu_errmsg *err)
{
	static const char * const settings[][2] = {
		{ "trace_clock", "mono" }, { "buffer_size_kb", TRACEFS_KB },
		{ "events/tnpu/enable", "1" },
	};
	size_t i;
	int ret;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		ret = tracefs_set(fs, settings[i][0], settings[i][1]);
		if (ret == -ENOENT)
			return tnpu_errmsg_set(err, ret,
					       "the kernel has no events of tnpu; is the driver loaded? "
					       WITHOUT_DRIVER);
		if (ret)
			return fs_failed(err, -ret, fs->path, WITHOUT_DRIVER);
	}
	/* The scheduler is a module of its own, and may have no events. */
	tracefs_set(fs, "events/gpu_scheduler/enable", "1");
	return 0;
}

int tnpu_tracefs_start(struct tnpu_tracefs *fs, struct tnpu_errmsg *err)
{
	int ret = tracefs_make(fs, err);

	if (!ret)
		ret = tracefs_setup(fs, err);
	if (ret)
		tnpu_tracefs_stop(fs);
	return ret;
}

static uint64_t tracefs_overrun(const char *path)
{
	unsigned long long value, sum = 0;
	FILE *f = fopen(path, "re");
	char line[128];

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "overrun: %llu", &value) == 1)
			sum += value;
	fclose(f);
	return sum;
}

static uint64_t tracefs_lost(const struct tnpu_tracefs *fs)
{
	char pattern[PATH_MAX];
	uint64_t lost = 0;
	glob_t g;
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/per_cpu/cpu*/stats", fs->path);
	if (glob(pattern, 0, NULL, &g))
		return 0;
	for (i = 0; i < g.gl_pathc; i++)
		lost += tracefs_overrun(g.gl_pathv[i]);
	globfree(&g);
	return lost;
}

/* Reads all of a file whose size is not known, and puts a zero behind it. */
static int read_all(FILE *f, char **text, size_t *size)
{
	size_t room = 1 << 20;
	char *more;

	*text = NULL;
	for (*size = 0;; room *= 2) {
		more = realloc(*text, room);
		if (!more)
			return -ENOMEM;
		*text = more;
		*size += fread(*text + *size, 1, room - *size - 1, f);
		if (ferror(f))
			return -errno;
		if (feof(f))
			break;
	}
	(*text)[*size] = '\0';
	return 0;
}

int tnpu_tracefs_read(const struct tnpu_tracefs *fs, char **text, size_t *size, uint64_t *lost,
		      struct tnpu_errmsg *err)
{
	char path[PATH_MAX];
	FILE *f;
	int ret;

	tracefs_set(fs, "tracing_on", "0");
	*lost = tracefs_lost(fs);
	snprintf(path, sizeof(path), "%s/trace", fs->path);
	f = fopen(path, "re");
	if (!f)
		return tnpu_errmsg_set(err, -errno, "%s: %s", path, strerror(errno));
	ret = read_all(f, text, size);
	fclose(f);
	if (ret)
		tnpu_errmsg_set(err, ret, "%s: %s", path, strerror(-ret));
	return ret;
}

void tnpu_tracefs_stop(struct tnpu_tracefs *fs)
{
	if (!fs->path[0])
		return;
	tracefs_set(fs, "tracing_on", "0");
	tracefs_set(fs, "events/enable", "0");
	rmdir(fs->path);
	fs->path[0] = '\0';
}

/* ---- The device's spans -------------------------------------------------------------------- */

/** struct spans_folder - names of a device's folder: its bus's; in older kernels the node's */
struct spans_folder {
	char slot[NAME_MAX + 1];
	char number[16];
};

static int spans_folder(const char *node, struct spans_folder *folder, struct tnpu_errmsg *err)
{
	char link[64], device[PATH_MAX];
	struct stat st;

	if (stat(node, &st))
		return tnpu_errmsg_set(err, -errno, "%s: %s", node, strerror(errno));
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device", major(st.st_rdev),
		 minor(st.st_rdev));
	if (!S_ISCHR(st.st_mode) || !realpath(link, device))
		return tnpu_errmsg_set(err, -ENODEV, "%s is not the node of a TNPU", node);
	snprintf(folder->slot, sizeof(folder->slot), "%s", strrchr(device, '/') + 1);
	snprintf(folder->number, sizeof(folder->number), "%u", minor(st.st_rdev));
	return 0;
}

/* Who may not look into debugfs is told so by open(). */
static bool spans_is_there(const char *folder, char *path, size_t size)
{
	snprintf(path, size, DEBUGFS "/accel/%s/spans", folder);
	return !access(path, F_OK) || errno == EACCES;
}

static int spans_path(const char *node, char *path, size_t size, struct tnpu_errmsg *err)
{
	struct spans_folder folder;
	int ret = spans_folder(node, &folder, err);

	if (ret)
		return ret;
	if (!fs_mount(DEBUGFS, "debugfs", DEBUGFS_MAGIC))
		return fs_failed(err, errno, "cannot mount debugfs at " DEBUGFS, WITHOUT_DEVICE);
	if (spans_is_there(folder.slot, path, size) || spans_is_there(folder.number, path, size))
		return 0;
	return tnpu_errmsg_set(err, -ENOENT,
			       "%s has no file \"spans\" in " DEBUGFS "/accel: it is no TNPU, "
			       "or its driver is too old; " WITHOUT_DEVICE, node);
}

static int spans_open(struct tnpu_spans_file *file, const char *path, struct tnpu_errmsg *err)
{
	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd >= 0)
		return 0;
	if (errno == EBUSY)
		return tnpu_errmsg_set(err, -EBUSY,
				       "%s: somebody traces this device already; only one can",
				       path);
	if (errno == EOPNOTSUPP)
		return tnpu_errmsg_set(err, -EOPNOTSUPP,
				       "%s: the device's firmware is too old to record spans; "
				       WITHOUT_DEVICE, path);
	return fs_failed(err, errno, path, WITHOUT_DEVICE);
}

/* What is kept has no name, so that nothing of it stays. */
static int spans_make_raw(struct tnpu_spans_file *file, struct tnpu_errmsg *err)
{
	const char *folder = secure_getenv("TMPDIR");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/tnpu-trace-XXXXXX", folder && *folder ? folder : "/tmp");
	file->raw = mkostemp(path, O_CLOEXEC);
	if (file->raw < 0)
		return tnpu_errmsg_set(err, -errno, "cannot keep spans in %s: %s", path,
				       strerror(errno));
	unlink(path);
	file->block = malloc(SPANS_SIZE);
	return file->block ? 0 : tnpu_errmsg_set(err, -ENOMEM, "out of memory");
}

static int write_all(int fd, const void *data, size_t size)
{
	const uint8_t *at = data;
	ssize_t n;

	for (; size; size -= n, at += n) {
		n = write(fd, at, size);
		if (n < 0)
			return -errno;
	}
	return 0;
}

/* With it the device's recording. */
static void spans_end(struct tnpu_spans_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/* One read, which is kept. */
static int spans_take_block(struct tnpu_spans_file *file)
{
	ssize_t n = read(file->fd, file->block, SPANS_SIZE);
	int ret;

	if (n < 0 && errno == EINTR)
		return -EINTR;
	if (n < 0)
		return tnpu_errmsg_set(&file->err, -errno, "the device's spans end early: %s",
				       strerror(errno));
	if (!n || tnpu_trace_block_size(file->block, n) != n)
		return tnpu_errmsg_set(&file->err, -EPROTO,
				       "the device's spans end early: the driver's %zd bytes "
				       "are none", n);
	ret = write_all(file->raw, file->block, n);
	if (ret)
		tnpu_errmsg_set(&file->err, ret, "the device's spans end early: cannot keep "
				"them: %s", strerror(-ret));
	return ret;
}

void tnpu_spans_file_take(struct tnpu_spans_file *file)
{
	int i, ret = 0;

	for (i = 0; i < SPANS_READS && file->fd >= 0; i++) {
		ret = spans_take_block(file);
		if (ret || file->block->count < TNPU_SPANS_MAX)
			break;
	}
	/* What a signal has interrupted goes on next time. */
	if (ret && ret != -EINTR)
		spans_end(file);
}

/* A command may be over at once: its clock takes more pairs than the reads meanwhile have. */
static void spans_take_clocks(struct tnpu_spans_file *file)
{
	int i;

	for (i = 0; i < TNPU_TRACE_PAIRS; i++)
		tnpu_spans_file_take(file);
}

int tnpu_spans_file_open(struct tnpu_spans_file *file, const char *node, struct tnpu_errmsg *err)
{
	char path[PATH_MAX];
	int ret;

	*file = (struct tnpu_spans_file){ .fd = -1, .raw = -1 };
	ret = spans_path(node, path, sizeof(path), err);
	if (!ret)
		ret = spans_make_raw(file, err);
	if (!ret)
		ret = spans_open(file, path, err);
	if (ret)
		tnpu_spans_file_close(file);
	else
		spans_take_clocks(file);
	return ret;
}

int tnpu_spans_file_map(struct tnpu_spans_file *file, void **data, size_t *size,
			struct tnpu_errmsg *err)
{
	off_t end;

	spans_take_clocks(file);
	spans_end(file);
	end = file->raw < 0 ? 0 : lseek(file->raw, 0, SEEK_END);
	*size = end > 0 ? end : 0;
	*data = NULL;
	if (!*size)
		return 0;
	*data = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, file->raw, 0);
	if (*data == MAP_FAILED) {
		*data = NULL;
		return tnpu_errmsg_set(err, -errno, "cannot map the spans: %s", strerror(errno));
	}
	return 0;
}

void tnpu_spans_file_close(struct tnpu_spans_file *file)
{
	spans_end(file);
	if (file->raw >= 0)
		close(file->raw);
	free(file->block);
	file->raw = -1;
	file->block = NULL;
}
