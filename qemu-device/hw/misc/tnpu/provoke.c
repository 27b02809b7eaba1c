// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TNPU: failures on demand. Properties without a value of their own: setting one
 * (qom-set) makes something fail.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"

#include "tnpu.h"
#include "trace.h"

/**
 * struct tnpu_provocation - a property
 * @type: QOM's name of its type: "bool" or "int"
 * @what: for the chip
 * @bias: what to add to a value for the chip
 * @help: what it does, and the values that it takes
 */
struct tnpu_provocation {
	const char *name;
	const char *type;
	enum tnpu_provoke what;
	int bias;
	const char *help;
};

static const struct tnpu_provocation tnpu_provocations[] = {
	{ "hang-queue", "int", TNPU_PROVOKE_HANG_QUEUE, 1,
	  "number of a queue that makes no progress; -1 lets all go on" },
	{ "fw-crash", "bool", TNPU_PROVOKE_FW_CRASH, 0,
	  "true: the firmware crashes" },
	{ "stall-heartbeat", "bool", TNPU_PROVOKE_STALL_HEARTBEAT, 0,
	  "true: the heartbeat stands; false: it goes on" },
	{ "drop-irq", "int", TNPU_PROVOKE_DROP_IRQ, 0,
	  "how many of the next interrupts to swallow" },
	{ "dma-error", "int", TNPU_PROVOKE_DMA_ERROR, 0,
	  "how many of the next accesses to system memory to fail" },
};

static bool tnpu_provoke_visit(const struct tnpu_provocation *prov,
			       Visitor *v, const char *name, int64_t *value,
			       Error **errp)
{
	bool flag;

	if (g_str_equal(prov->type, "int"))
		return visit_type_int(v, name, value, errp);
	if (!visit_type_bool(v, name, &flag, errp))
		return false;
	*value = flag;
	return true;
}

static void tnpu_provoke_set(Object *obj, Visitor *v, const char *name,
			     void *opaque, Error **errp)
{
	const struct tnpu_provocation *prov = opaque;
	TnpuState *s = TNPU(obj);
	int64_t value;

	if (!tnpu_provoke_visit(prov, v, name, &value, errp))
		return;
	if (!s->chip) {
		error_setg(errp, "property '%s' can be set on a running device only",
			   name);
		return;
	}
	trace_tnpu_provoke(s, name, value);
	if (value < -prov->bias ||
	    tnpu_chip_provoke(s->chip, prov->what, (uint64_t)value + prov->bias))
		error_setg(errp, "property '%s' does not take %" PRId64 " (%s)",
			   name, value, prov->help);
}

void tnpu_provoke_init(ObjectClass *klass)
{
	const struct tnpu_provocation *prov;
	int i;

	for (i = 0; i < ARRAY_SIZE(tnpu_provocations); i++) {
		prov = &tnpu_provocations[i];
		object_class_property_add(klass, prov->name, prov->type, NULL,
					  tnpu_provoke_set, NULL, (void *)prov);
		object_class_property_set_description(klass, prov->name,
						      prov->help);
	}
}
