// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TNPU: migration and snapshots.
 *
 * PCI's part is described field by field, device memory is a RAM block that QEMU moves by
 * itself, and the chip writes its own part in its own format, which names each field
 * (chip/state.h), as libslirp does. The machine is stopped when this runs, and so is the
 * chip: at a tile boundary, with no access to memory under way.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie_aer.h"
#include "migration/qemu-file-types.h"
#include "migration/vmstate.h"

#include "tnpu.h"
#include "trace.h"

#define TNPU_STREAM_CHUNK	(1u << 20)

static int tnpu_stream_write(void *opaque, const void *buf, size_t size)
{
	QEMUFile *f = opaque;

	qemu_put_buffer(f, buf, size);
	return qemu_file_get_error(f);
}

static int tnpu_stream_read(void *opaque, void *buf, size_t size)
{
	QEMUFile *f = opaque;
	size_t done, len;

	for (done = 0; done < size; done += len) {
		len = MIN(size - done, TNPU_STREAM_CHUNK);
		if (qemu_get_buffer(f, (uint8_t *)buf + done, len) != len)
			return qemu_file_get_error(f) ?: -EIO;
	}
	return 0;
}

static int tnpu_vmstate_put(QEMUFile *f, void *pv, size_t size,
			    const VMStateField *field, JSONWriter *vmdesc)
{
	struct tnpu_chip **chip = pv;
	const struct tnpu_stream stream = {
		.write = tnpu_stream_write,
		.opaque = f,
	};

	return tnpu_chip_save(*chip, &stream);
}

static int tnpu_vmstate_get(QEMUFile *f, void *pv, size_t size,
			    const VMStateField *field)
{
	struct tnpu_chip **chip = pv;
	const struct tnpu_stream stream = {
		.read = tnpu_stream_read,
		.opaque = f,
	};
	char why[160] = "";
	int ret = tnpu_chip_load(*chip, &stream, why, sizeof(why));

	if (ret == -EINVAL)
		error_report("tnpu: the chip's state is refused: %s", why);
	return ret;
}

static const VMStateInfo tnpu_vmstate_info_chip = {
	.name = "tnpu chip",
	.get = tnpu_vmstate_get,
	.put = tnpu_vmstate_put,
};

/* Interrupts that the chip has raised and the main loop not delivered. */
static bool tnpu_vmstate_irq_needed(void *opaque)
{
	TnpuState *s = opaque;

	return !bitmap_empty(s->irq_pending, TNPU_VECTORS_MAX);
}

static int tnpu_vmstate_irq_pre_save(void *opaque)
{
	TnpuState *s = opaque;
	unsigned int i;

	memset(s->irq_saved, 0, sizeof(s->irq_saved));
	for (i = 0; i < tnpu_vectors(s); i++) {
		if (test_bit(i, s->irq_pending))
			s->irq_saved[i / 64] |= BIT_ULL(i % 64);
	}
	return 0;
}

/* Bits of vectors that there are not are left out; delivery waits for the machine. */
static int tnpu_vmstate_irq_post_load(void *opaque, int version_id)
{
	TnpuState *s = opaque;
	unsigned int i;

	for (i = 0; i < tnpu_vectors(s); i++) {
		if (s->irq_saved[i / 64] & BIT_ULL(i % 64))
			set_bit(i, s->irq_pending);
	}
	return 0;
}

static const VMStateDescription tnpu_vmstate_irq = {
	.name = "tnpu/irq",
	.version_id = 1,
	.minimum_version_id = 1,
	.needed = tnpu_vmstate_irq_needed,
	.pre_save = tnpu_vmstate_irq_pre_save,
	.post_load = tnpu_vmstate_irq_post_load,
	.fields = (const VMStateField[]) {
		VMSTATE_UINT64_ARRAY(irq_saved, TnpuState, TNPU_IRQ_WORDS),
		VMSTATE_END_OF_LIST()
	},
};

/* Messages that a provoked failure holds back: the virtual clock moves with the machine. */
static bool tnpu_vmstate_late_needed(void *opaque)
{
	TnpuState *s = opaque;

	return !buffer_is_zero(s->irq_left, sizeof(s->irq_left));
}

static const VMStateDescription tnpu_vmstate_late = {
	.name = "tnpu/irq-late",
	.version_id = 1,
	.minimum_version_id = 1,
	.needed = tnpu_vmstate_late_needed,
	.fields = (const VMStateField[]) {
		VMSTATE_UINT8_ARRAY(irq_left, TnpuState, TNPU_VECTORS_MAX),
		VMSTATE_INT64_ARRAY(irq_due, TnpuState, TNPU_VECTORS_MAX),
		VMSTATE_END_OF_LIST()
	},
};

/* The failures that are the shell's; the chip's are in its stream. */
static bool tnpu_vmstate_provoked_needed(void *opaque)
{
	TnpuState *s = opaque;

	return s->delay_irq || s->repeat_irq || s->link_down;
}

static int tnpu_vmstate_provoked_post_load(void *opaque, int version_id)
{
	TnpuState *s = opaque;

	if (s->delay_irq > TNPU_DELAY_MAX) {
		error_report("tnpu: a delay of interrupts of %" PRIu32 " us is too long",
			     s->delay_irq);
		return -EINVAL;
	}
	return s->link_down ? tnpu_link_cut(s, true) : 0;
}

static const VMStateDescription tnpu_vmstate_provoked = {
	.name = "tnpu/provoked",
	.version_id = 1,
	.minimum_version_id = 1,
	.needed = tnpu_vmstate_provoked_needed,
	.post_load = tnpu_vmstate_provoked_post_load,
	.fields = (const VMStateField[]) {
		VMSTATE_UINT32(delay_irq, TnpuState),
		VMSTATE_UINT64(repeat_irq, TnpuState),
		VMSTATE_BOOL(link_down, TnpuState),
		VMSTATE_END_OF_LIST()
	},
};

/* What a stream does not mention is not the case. */
static int tnpu_vmstate_pre_load(void *opaque)
{
	TnpuState *s = opaque;

	tnpu_host_reset(s);
	s->delay_irq = 0;
	s->repeat_irq = 0;
	return tnpu_link_cut(s, false);
}

/* Configuration space is there, and decides on D3hot; the machine is stopped anyway. */
static int tnpu_vmstate_post_load(void *opaque, int version_id)
{
	tnpu_freeze_update(opaque);
	trace_tnpu_loaded(opaque);
	return 0;
}

static const VMStateDescription tnpu_vmstate = {
	.name = "tnpu",
	.version_id = 1,
	.minimum_version_id = 1,
	.pre_load = tnpu_vmstate_pre_load,
	.post_load = tnpu_vmstate_post_load,
	.fields = (const VMStateField[]) {
		VMSTATE_PCI_DEVICE(parent_obj, TnpuState),
		VMSTATE_MSIX(parent_obj, TnpuState),
		VMSTATE_STRUCT(parent_obj.exp.aer_log, TnpuState, 0,
			       vmstate_pcie_aer_log, PCIEAERLog),
		{
			.name = "chip",
			.info = &tnpu_vmstate_info_chip,
			.offset = offsetof(TnpuState, chip),
			.size = sizeof_field(TnpuState, chip),
			.flags = VMS_SINGLE,
		},
		VMSTATE_END_OF_LIST()
	},
	.subsections = (const VMStateDescription * const []) {
		&tnpu_vmstate_irq,
		&tnpu_vmstate_provoked,
		&tnpu_vmstate_late,
		NULL
	},
};

void tnpu_vmstate_init(ObjectClass *klass)
{
	DEVICE_CLASS(klass)->vmsd = &tnpu_vmstate;
}
