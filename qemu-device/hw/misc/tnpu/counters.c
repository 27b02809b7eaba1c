// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TNPU: what can be looked at from outside: counters, and registers that tell how the
 * chip fares. Properties to read (qom-get); reading never waits for work and changes
 * nothing.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"

#include "tnpu.h"
#include "uapi/tnpu/tnpu_regs.h"

/** struct tnpu_counter_prop - a property; @reg: a register's offset, 0: @counter */
struct tnpu_counter_prop {
	const char *name;
	enum tnpu_counter counter;
	uint32_t reg;
	const char *help;
};

static const struct tnpu_counter_prop tnpu_counters[] = {
	{ "jobs", TNPU_COUNTER_JOBS, 0, "jobs that have ended" },
	{ "jobs-failed", TNPU_COUNTER_JOBS_FAILED, 0,
	  "jobs that ended by an error, a cancel or a reset" },
	{ "commands", TNPU_COUNTER_COMMANDS, 0, "commands completed" },
	{ "busy-ns", TNPU_COUNTER_BUSY, 0,
	  "nanoseconds of machine time with a queue at work" },
	{ "irqs", TNPU_COUNTER_IRQS, 0, "interrupts raised" },
	{ "irqs-dropped", TNPU_COUNTER_IRQS_DROPPED, 0, "interrupts that drop-irq took" },
	{ "dma-errors", TNPU_COUNTER_BUS_ERRORS, 0,
	  "accesses to system memory that failed, provoked or not" },
	{ "ecc-corrected", TNPU_COUNTER_ECC_CORRECTED, 0,
	  "reads of device memory with one bit flipped" },
	{ "ecc-uncorrected", TNPU_COUNTER_ECC_UNCORRECTED, 0,
	  "reads of device memory with two bits flipped" },
	{ "boot-state", 0, TNPU_REG_BOOT_STATE,
	  "0 ROM, 1 loading, 2 ready, 3 image refused, 4 crashed" },
	{ "boot-reason", 0, TNPU_REG_BOOT_REASON, "of the last refusal or crash" },
	{ "heartbeat", 0, TNPU_REG_HEARTBEAT, "counts while the firmware's loop turns" },
	{ "resets", 0, TNPU_REG_RESET_COUNT, "engine and function resets" },
};

static void tnpu_counter_get(Object *obj, Visitor *v, const char *name, void *opaque,
			     Error **errp)
{
	const struct tnpu_counter_prop *prop = opaque;
	struct tnpu_chip *chip = TNPU(obj)->chip;
	uint64_t value = 0;

	if (chip)
		value = prop->reg ? tnpu_chip_mmio_read(chip, prop->reg) :
				    tnpu_chip_counter(chip, prop->counter);
	visit_type_uint64(v, name, &value, errp);
}

void tnpu_counters_init(ObjectClass *klass)
{
	const struct tnpu_counter_prop *prop;
	int i;

	for (i = 0; i < ARRAY_SIZE(tnpu_counters); i++) {
		prop = &tnpu_counters[i];
		object_class_property_add(klass, prop->name, "uint64", tnpu_counter_get,
					  NULL, NULL, (void *)prop);
		object_class_property_set_description(klass, prop->name, prop->help);
	}
}
