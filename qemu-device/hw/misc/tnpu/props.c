// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TNPU: the properties that are fixed when the device is made.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/units.h"
#include "hw/qdev-properties.h"

#include "tnpu.h"
#include "uapi/tnpu/tnpu_regs.h"

#define TNPU_MEM_MIN	(2 * MiB)
#define TNPU_MEM_MAX	(1 * TiB)

static const Property tnpu_props[] = {
	DEFINE_PROP_SIZE("mem-size", TnpuState, mem_size, 1 * GiB),
	DEFINE_PROP_UINT32("queues", TnpuState, queues, 16),
	DEFINE_PROP_UINT32("contexts", TnpuState, contexts, 64),
	DEFINE_PROP_UINT32("engines", TnpuState, engines, 0),
	DEFINE_PROP_STRING("isa", TnpuState, isa),
	DEFINE_PROP_STRING("profile", TnpuState, profile),
};

static const struct {
	const char *name;
	unsigned int id;
} tnpu_profiles[] = {
	{ "generic", TNPU_PCI_SUBSYS_GENERIC },
};

/* What "-device tnpu,help" prints. */
static const struct {
	const char *name;
	const char *text;
} tnpu_props_help[] = {
	{ "mem-size", "device memory, a power of two from 2M to 1T" },
	{ "queues", "hardware queues, 1 to 64" },
	{ "contexts", "address spaces, 1 to 256" },
	{ "engines", "engine lanes (host threads), 1 to 64; 0: one per host CPU" },
	{ "isa", "host instruction set: auto, scalar, avx2, avx-vnni, avx512-vnni, amx-int8, "
	  "neon-dotprod" },
	{ "profile", "chip profile: generic" },
};

static bool tnpu_props_range(const char *name, uint32_t value, uint32_t min,
			     uint32_t max, Error **errp)
{
	if (value >= min && value <= max)
		return true;
	error_setg(errp, "property '%s' must be %" PRIu32 " to %" PRIu32
		   ", not %" PRIu32, name, min, max, value);
	return false;
}

static bool tnpu_props_mem(uint64_t size, Error **errp)
{
	if (is_power_of_2(size) && size >= TNPU_MEM_MIN && size <= TNPU_MEM_MAX)
		return true;
	error_setg(errp, "property 'mem-size' must be a power of two from 2M to 1T, not %"
		   PRIu64 " bytes", size);
	return false;
}

/* What this host runs, for messages. To be freed. */
static char *tnpu_props_isa_list(void)
{
	GString *list = g_string_new("auto");
	int isa;

	for (isa = TNPU_ISA_SCALAR; isa < TNPU_ISAS; isa++) {
		if (tnpu_isa_supported(isa))
			g_string_append_printf(list, ", %s", tnpu_isa_name(isa));
	}
	return g_string_free(list, FALSE);
}

static bool tnpu_props_isa(const char *name, enum tnpu_isa *isa, Error **errp)
{
	g_autofree char *list = NULL;
	int i;

	*isa = TNPU_ISA_AUTO;
	if (!name || g_str_equal(name, "auto"))
		return true;
	for (i = TNPU_ISA_SCALAR; i < TNPU_ISAS; i++) {
		*isa = i;
		if (g_str_equal(name, tnpu_isa_name(i)) && tnpu_isa_supported(i))
			return true;
	}
	list = tnpu_props_isa_list();
	error_setg(errp, "property 'isa' must be one of what this host runs (%s), not '%s'",
		   list, name);
	return false;
}

static bool tnpu_props_profile(const char *name, unsigned int *id, Error **errp)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tnpu_profiles); i++) {
		*id = tnpu_profiles[i].id;
		if (!name || g_str_equal(name, tnpu_profiles[i].name))
			return true;
	}
	error_setg(errp, "property 'profile' must be 'generic', not '%s'", name);
	return false;
}

bool tnpu_props_config(TnpuState *s, struct tnpu_chip_config *config,
		       Error **errp)
{
	*config = (struct tnpu_chip_config) {
		.bus = tnpu_host_bus,
		.opaque = s,
		.mem_size = s->mem_size,
		.queues = s->queues,
		.contexts = s->contexts,
		.vectors = tnpu_vectors(s),
		.engines = s->engines,
	};
	return tnpu_props_mem(s->mem_size, errp) &&
	       tnpu_props_range("queues", s->queues, 1, TNPU_QUEUES_MAX, errp) &&
	       tnpu_props_range("contexts", s->contexts, 1, TNPU_CONTEXTS_MAX,
				errp) &&
	       tnpu_props_range("engines", s->engines, 0, TNPU_ENGINES_MAX,
				errp) &&
	       tnpu_props_isa(s->isa, &config->isa, errp) &&
	       tnpu_props_profile(s->profile, &config->profile, errp);
}

void tnpu_props_init(ObjectClass *klass)
{
	int i;

	device_class_set_props(DEVICE_CLASS(klass), tnpu_props);
	for (i = 0; i < ARRAY_SIZE(tnpu_props_help); i++)
		object_class_property_set_description(klass,
						      tnpu_props_help[i].name,
						      tnpu_props_help[i].text);
}
