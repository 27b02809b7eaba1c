// SPDX-License-Identifier: MIT
/*
 * Chooses and opens a transport; see transport.h.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transport.h"

#define TRANSPORT_PLUGIN	"libtnpu-inproc.so"

/* Where this code was loaded from: libtnpu.so, or a program that it is linked into. */
static int transport_own_dir(char *dir, size_t size)
{
	char path[PATH_MAX];
	Dl_info info;
	char *slash;

	if (!dladdr((void *)tnpu_transport_open, &info) || !info.dli_fname ||
	    !realpath(info.dli_fname, path))
		return -ENOENT;
	slash = strrchr(path, '/');
	*slash = '\0';
	return snprintf(dir, size, "%s", path) < (int)size ? 0 : -ENAMETOOLONG;
}

static int transport_plugin_in(const char *dir, const char *sub, char *path, size_t size)
{
	if (snprintf(path, size, "%s%s/" TRANSPORT_PLUGIN, dir, sub) >= (int)size)
		return -ENAMETOOLONG;
	return access(path, R_OK) ? -errno : 0;
}

static int transport_plugin_path(char *path, size_t size)
{
	static const char * const subs[] = {
		"", "/tnpu", "/../lib/tnpu", NULL
	};
	const char *env = secure_getenv("TNPU_PLUGIN_DIR");
	char dir[PATH_MAX];
	int i;

	if (env && *env)
		return transport_plugin_in(env, "", path, size);
	if (transport_own_dir(dir, sizeof(dir)))
		return -ENOENT;
	for (i = 0; subs[i]; i++)
		if (!transport_plugin_in(dir, subs[i], path, size))
			return 0;
	return -ENOENT;
}

static int transport_plugin_load(void **plugin, const struct tnpu_transport_ops **ops,
				 struct tnpu_errmsg *err)
{
	char path[PATH_MAX];

	if (transport_plugin_path(path, sizeof(path)))
		return tnpu_errmsg_set(err, -ELIBACC, TRANSPORT_PLUGIN
				       " is neither in TNPU_PLUGIN_DIR nor beside libtnpu");
	*plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!*plugin)
		return tnpu_errmsg_set(err, -ELIBACC, "%s", dlerror());
	*ops = dlsym(*plugin, TNPU_TRANSPORT_SYMBOL);
	if (*ops && (*ops)->abi == TNPU_TRANSPORT_ABI)
		return 0;
	dlclose(*plugin);
	return tnpu_errmsg_set(err, -ELIBBAD, "%s: not a transport of ABI %d", path,
			       TNPU_TRANSPORT_ABI);
}

static int transport_choose(void **plugin, const struct tnpu_transport_ops **ops,
			    struct tnpu_errmsg *err)
{
	const char *name = secure_getenv("TNPU_TRANSPORT");

	*plugin = NULL;
	*ops = &tnpu_transport_drm;
	if (!name || !*name || !strcmp(name, "drm"))
		return 0;
	if (!strcmp(name, "inproc"))
		return transport_plugin_load(plugin, ops, err);
	return tnpu_errmsg_set(err, -EINVAL,
			       "TNPU_TRANSPORT=%s: unknown; allowed are drm and inproc", name);
}

int tnpu_transport_open(const char *path, struct tnpu_transport **t, struct tnpu_errmsg *err)
{
	const struct tnpu_transport_ops *ops;
	void *plugin;
	int ret;

	ret = transport_choose(&plugin, &ops, err);
	if (ret)
		return ret;
	ret = ops->open(path, t, err);
	if (ret) {
		if (plugin)
			dlclose(plugin);
		return ret;
	}
	(*t)->ops = ops;
	(*t)->plugin = plugin;
	return 0;
}

void tnpu_transport_close(struct tnpu_transport *t)
{
	void *plugin;

	if (!t)
		return;
	plugin = t->plugin;
	t->ops->close(t);
	if (plugin)
		dlclose(plugin);
}

int tnpu_transport_ioctl(struct tnpu_transport *t, unsigned long cmd, void *arg)
{
	return t->ops->ioctl(t, cmd, arg);
}

int tnpu_transport_mmap(struct tnpu_transport *t, uint64_t offset, size_t size, void **ptr)
{
	return t->ops->mmap(t, offset, size, ptr);
}

int tnpu_transport_munmap(struct tnpu_transport *t, void *ptr, size_t size)
{
	return t->ops->munmap(t, ptr, size);
}
