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
 * @what: for the chip, where there is no @set
 * @bias: what to add to a value
 * @help: what it does, and the values that it takes
 * @set: for the shell: 0, or -EINVAL for a value out of range
 */
struct tnpu_provocation {
	const char *name;
	const char *type;
	enum tnpu_provoke what;
	int bias;
	const char *help;
	int (*set)(TnpuState *s, uint64_t value);
};

static const struct tnpu_provocation tnpu_provocations[] = {
	{ "hang-queue", "int", TNPU_PROVOKE_HANG_QUEUE, 1,
	  "number of a queue that makes no progress; -1 lets all go on" },
	{ "fw-crash", "bool", TNPU_PROVOKE_FW_CRASH, 0,
	  "true: the firmware crashes" },
	{ "stall-heartbeat", "bool", TNPU_PROVOKE_STALL_HEARTBEAT, 0,
	  "true: the heartbeat stands; false: it goes on" },
	{ "drop-irq", "int", TNPU_PROVOKE_DROP_IRQ, 0,
	  "how many of the next interrupts to swallow, 0 or more" },
	{ "dma-error", "int", TNPU_PROVOKE_DMA_ERROR, 0,
	  "how many of the next accesses to system memory to fail, 0 or more" },
	{ "slow-us", "int", TNPU_PROVOKE_SLOW_US, 0,
	  "microseconds that every tile takes longer, 0 to 1000000" },
	{ "ecc-single", "int", TNPU_PROVOKE_ECC_SINGLE, 0,
	  "how many of the next reads of device memory hit one flipped bit, 0 or more" },
	{ "ecc-double", "int", TNPU_PROVOKE_ECC_DOUBLE, 0,
	  "how many of the next reads of device memory hit two flipped bits, 0 or more" },
	{ "corrupt-reply", "int", TNPU_PROVOKE_CORRUPT_REPLY, 0,
	  "how many of the next mailbox responses get a wrong number, 0 or more" },
	{ "corrupt-image", "int", TNPU_PROVOKE_CORRUPT_IMAGE, 0,
	  "how many of the next boots see a flipped bit in the image's header, 0 or more" },
	{ "delay-irq", "int", 0, 0,
	  "microseconds by which interrupts are late, 0 to 10000000", tnpu_host_delay },
	{ "repeat-irq", "int", 0, 0,
	  "how many of the next interrupts to send twice, 0 or more", tnpu_host_repeat },
	{ "link-down", "bool", 0, 0,
	  "true: the link is cut; false: it is there again", tnpu_link_cut },
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

static int tnpu_provoke_apply(const struct tnpu_provocation *prov, TnpuState *s,
			      int64_t value)
{
	const uint64_t biased = (uint64_t)value + prov->bias;

	if (value < -prov->bias)
		return -EINVAL;
	return prov->set ? prov->set(s, biased) :
			   tnpu_chip_provoke(s->chip, prov->what, biased);
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
	if (tnpu_provoke_apply(prov, s, value))
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
