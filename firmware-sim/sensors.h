/* SPDX-License-Identifier: MIT */
/*
 * The chip's sensors: what a model says of temperature, power and energy.
 * Documentation/hardware/sensors.rst has its formulas.
 */
#ifndef _TNPU_SENSORS_H_
#define _TNPU_SENSORS_H_

#include <stdint.h>

#include <tnpu/tnpu_regs.h>

#define TNPU_SENSORS_WINDOW_NS	(TNPU_POWER_WINDOW_MS * 1000000ull)

/* Of TNPU_PCI_SUBSYS_GENERIC, which is the only profile. */
#define TNPU_SENSORS_IDLE_MW	2000	/* whatever the chip does */
#define TNPU_SENSORS_BUSY_MW	12000	/* on top of it while the engines work */
#define TNPU_SENSORS_AMBIENT_MC	25000	/* thousandths of a degree Celsius */
#define TNPU_SENSORS_UC_PER_UW	3	/* steady rise: millionths of a degree a microwatt */
#define TNPU_SENSORS_INERTIA	32	/* time constant of that rise, in windows */

#define TNPU_SENSORS_RISE_MAX	\
	((TNPU_SENSORS_IDLE_MW + TNPU_SENSORS_BUSY_MW) * 1000ull * TNPU_SENSORS_UC_PER_UW)

/**
 * struct tnpu_sensors - the state of the model; control's
 * @clock: the timestamp counter when it was last looked at
 * @powered: nanoseconds since power-on that were seen to pass. Windows are counted on this
 *	scale
 * @spent: of TNPU_COUNTER_BUSY, what windows that are over have had
 * @recent: the part of that which the last one had
 * @rise: millionths of a degree above ambient at the end of the last window
 */
struct tnpu_sensors {
	uint64_t clock;
	uint64_t powered;
	uint64_t spent;
	uint64_t recent;
	uint64_t rise;
};

/** tnpu_sensors_start - power on: a cold chip. @now: the timestamp counter */
void tnpu_sensors_start(struct tnpu_sensors *s, uint64_t now);
/** tnpu_sensors_advance - up to @now, until when the engines have worked for @busy ns */
void tnpu_sensors_advance(struct tnpu_sensors *s, uint64_t now, uint64_t busy);
/** tnpu_sensors_read - the value of TNPU_QUERY_TEMPERATURE, _POWER or _ENERGY */
uint64_t tnpu_sensors_read(const struct tnpu_sensors *s, uint32_t item, uint64_t busy);

#endif /* _TNPU_SENSORS_H_ */
