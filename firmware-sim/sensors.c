// SPDX-License-Identifier: MIT
/*
 * The chip's sensors. The model looks at nothing but the timestamp counter and the time that the
 * engines have worked, in whole numbers: so it says the same on every host and in every shell.
 */
#include "sensors.h"

/* In fewer windows any rise becomes what an idle chip has. */
#define TNPU_SENSORS_SETTLED	1024

void tnpu_sensors_start(struct tnpu_sensors *s, uint64_t now)
{
	*s = (struct tnpu_sensors){ .clock = now };
}

/* Average of the last window, in microwatts. */
static uint64_t tnpu_sensors_power(const struct tnpu_sensors *s)
{
	return TNPU_SENSORS_IDLE_MW * 1000ull +
	       TNPU_SENSORS_BUSY_MW * 1000ull * s->recent / TNPU_SENSORS_WINDOW_NS;
}

/* A window is over, in which the engines worked for @busy ns. */
static void tnpu_sensors_window(struct tnpu_sensors *s, uint64_t busy)
{
	int64_t steady;

	s->recent = busy;
	steady = tnpu_sensors_power(s) * TNPU_SENSORS_UC_PER_UW;
	s->rise += (steady - (int64_t)s->rise) / TNPU_SENSORS_INERTIA;
}

static uint64_t tnpu_sensors_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * The end of a window is noticed at the next end of a batch, so a little of what was done since
 * is there already, and is left to the window after it. If nobody looked for several windows, the
 * engines stood still in all but the first.
 */
static void tnpu_sensors_pass(struct tnpu_sensors *s, uint64_t windows, uint64_t busy)
{
	uint64_t left = busy - s->spent;

	for (windows = tnpu_sensors_min(windows, TNPU_SENSORS_SETTLED); windows; windows--) {
		const uint64_t part = tnpu_sensors_min(left, TNPU_SENSORS_WINDOW_NS);

		tnpu_sensors_window(s, part);
		left -= part;
	}
	/* More cannot be left, but in a chip that was loaded. */
	s->spent = busy - tnpu_sensors_min(left, TNPU_SENSORS_WINDOW_NS);
}

void tnpu_sensors_advance(struct tnpu_sensors *s, uint64_t now, uint64_t busy)
{
	const uint64_t before = s->powered / TNPU_SENSORS_WINDOW_NS;

	/* Another host's counter may be behind; what passed on this one is not known then. */
	if (now > s->clock)
		s->powered += now - s->clock;
	s->clock = now;
	if (s->powered / TNPU_SENSORS_WINDOW_NS > before)
		tnpu_sensors_pass(s, s->powered / TNPU_SENSORS_WINDOW_NS - before, busy);
}

/* Each of the two products only grows, and so does their sum. */
static uint64_t tnpu_sensors_energy(const struct tnpu_sensors *s, uint64_t busy)
{
	return s->powered / 1000 * TNPU_SENSORS_IDLE_MW / 1000 +
	       busy / 1000 * TNPU_SENSORS_BUSY_MW / 1000;
}

uint64_t tnpu_sensors_read(const struct tnpu_sensors *s, uint32_t item, uint64_t busy)
{
	switch (item) {
	case TNPU_QUERY_TEMPERATURE:
		return TNPU_SENSORS_AMBIENT_MC + (s->rise + 500) / 1000;
	case TNPU_QUERY_POWER:
		return tnpu_sensors_power(s);
	default:
		return tnpu_sensors_energy(s, busy);
	}
}
