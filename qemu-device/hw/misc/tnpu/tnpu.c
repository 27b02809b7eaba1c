// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TNPU: a transformer accelerator, as a PCI Express endpoint. See
 * Documentation/hardware/pci.rst for what software sees of it.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_aer.h"
#include "migration/vmstate.h"
#include "system/runstate.h"

#include "tnpu.h"
#include "trace.h"
#include "uapi/tnpu/tnpu_regs.h"

#define TNPU_PM_OFFSET		0x40
#define TNPU_PCIE_OFFSET	0x80

static bool tnpu_init_pm(PCIDevice *dev, Error **errp)
{
	int pos = pci_pm_init(dev, TNPU_PM_OFFSET, errp);

	if (pos < 0)
		return false;
	pci_set_word(dev->config + pos + PCI_PM_PMC, PCI_PM_CAP_VER_1_2);
	/* Leaving D3hot keeps registers and memory. */
	pci_set_word(dev->config + pos + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
	pci_set_word(dev->wmask + pos + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
	return true;
}

static bool tnpu_init_pcie(PCIDevice *dev, Error **errp)
{
	if (pcie_endpoint_cap_init(dev, TNPU_PCIE_OFFSET) < 0) {
		error_setg(errp, "no place for the PCI Express capability");
		return false;
	}
	pcie_cap_deverr_init(dev);
	pcie_cap_flr_init(dev);
	if (pcie_aer_init(dev, PCI_ERR_VER, PCI_CONFIG_SPACE_SIZE,
			  PCI_ERR_SIZEOF, errp) < 0) {
		pcie_cap_exit(dev);
		return false;
	}
	return true;
}

static void tnpu_exit_pcie(PCIDevice *dev)
{
	pcie_aer_exit(dev);
	pcie_cap_exit(dev);
}

static bool tnpu_init_msix(PCIDevice *dev, unsigned int vectors, Error **errp)
{
	unsigned int i;

	if (msix_init_exclusive_bar(dev, vectors, TNPU_BAR_MSIX, errp) < 0)
		return false;
	for (i = 0; i < vectors; i++)
		msix_vector_use(dev, i);
	return true;
}

static bool tnpu_init_caps(TnpuState *s, Error **errp)
{
	PCIDevice *dev = PCI_DEVICE(s);

	if (!tnpu_init_pm(dev, errp) || !tnpu_init_pcie(dev, errp))
		return false;
	if (!tnpu_init_msix(dev, tnpu_vectors(s), errp)) {
		tnpu_exit_pcie(dev);
		return false;
	}
	return true;
}

static void tnpu_exit_caps(PCIDevice *dev)
{
	msix_unuse_all_vectors(dev);
	msix_uninit_exclusive_bar(dev);
	tnpu_exit_pcie(dev);
}

/* QEMU itself aligns the memory for huge pages and asks for them. */
static bool tnpu_init_mem(TnpuState *s, Error **errp)
{
	ERRP_GUARD();

	if (!memory_region_init_ram(&s->mem, OBJECT(s), "tnpu-mem", s->mem_size,
				    errp)) {
		error_prepend(errp, "device memory ('mem-size'): ");
		return false;
	}
	return true;
}

/*
 * The region goes with the device, once the last user of the memory map has let go;
 * its name must be free for a new device at once.
 */
static void tnpu_exit_mem(TnpuState *s)
{
	vmstate_unregister_ram(&s->mem, DEVICE(s));
}

static bool tnpu_init_chip(TnpuState *s, struct tnpu_chip_config *config,
			   Error **errp)
{
	int ret;

	tnpu_host_init(s);
	tnpu_dma_init(s);
	config->mem = memory_region_get_ram_ptr(&s->mem);
	ret = tnpu_chip_create(config, &s->chip);
	if (!ret)
		return true;
	error_setg_errno(errp, -ret, "the chip does not start");
	tnpu_dma_exit(s);
	tnpu_host_exit(s);
	return false;
}

static void tnpu_exit_chip(TnpuState *s)
{
	tnpu_dma_call(s, tnpu_chip_destroy);
	s->chip = NULL;
	tnpu_dma_exit(s);
	tnpu_host_exit(s);
}

static void tnpu_init_bars(TnpuState *s)
{
	PCIDevice *dev = PCI_DEVICE(s);

	tnpu_mmio_init(s);
	pci_register_bar(dev, TNPU_BAR_REGS, PCI_BASE_ADDRESS_SPACE_MEMORY,
			 &s->mmio);
	pci_register_bar(dev, TNPU_BAR_MEM,
			 PCI_BASE_ADDRESS_SPACE_MEMORY |
			 PCI_BASE_ADDRESS_MEM_TYPE_64 |
			 PCI_BASE_ADDRESS_MEM_PREFETCH, &s->mem);
}

static void tnpu_vm_change(void *opaque, bool running, RunState state)
{
	TnpuState *s = opaque;

	s->vm_running = running;
	tnpu_freeze_update(s);
	if (running)
		tnpu_host_resume(s);
}

/* What can fail, in order; undone in reverse. */
static bool tnpu_init_parts(TnpuState *s, struct tnpu_chip_config *config,
			    Error **errp)
{
	if (!tnpu_init_mem(s, errp))
		return false;
	if (!tnpu_init_caps(s, errp))
		goto err_mem;
	if (!tnpu_init_chip(s, config, errp))
		goto err_caps;
	return true;

err_caps:
	tnpu_exit_caps(PCI_DEVICE(s));
err_mem:
	tnpu_exit_mem(s);
	return false;
}

static void tnpu_realize(PCIDevice *dev, Error **errp)
{
	struct tnpu_chip_config config;
	TnpuState *s = TNPU(dev);

	if (!tnpu_props_config(s, &config, errp) ||
	    !tnpu_init_parts(s, &config, errp))
		return;
	pci_set_word(dev->config + PCI_SUBSYSTEM_ID, config.profile);
	tnpu_init_bars(s);
	tnpu_link_init(s);
	s->vm_running = runstate_is_live(runstate_get());
	s->vm_change = qemu_add_vm_change_state_handler(tnpu_vm_change, s);
	tnpu_freeze_update(s);
	trace_tnpu_realize(s, s->mem_size, s->queues, s->contexts);
}

static void tnpu_exit(PCIDevice *dev)
{
	TnpuState *s = TNPU(dev);

	trace_tnpu_exit(s);
	qemu_del_vm_change_state_handler(s->vm_change);
	tnpu_link_exit(s);
	tnpu_exit_chip(s);
	tnpu_exit_caps(dev);
	tnpu_exit_mem(s);
}

static uint32_t tnpu_read_config(PCIDevice *dev, uint32_t addr, int len)
{
	if (TNPU(dev)->link_down)
		return TNPU_GONE >> (32 - 8 * len);
	return pci_default_read_config(dev, addr, len);
}

static void tnpu_write_config(PCIDevice *dev, uint32_t addr, uint32_t value,
			      int len)
{
	if (TNPU(dev)->link_down)
		return;
	pci_default_write_config(dev, addr, value, len);
	pcie_aer_write_config(dev, addr, value, len);
	pcie_cap_flr_write_config(dev, addr, value, len);
	tnpu_freeze_update(TNPU(dev));
}

static void tnpu_class_init(ObjectClass *klass, TNPU_CLASS_DATA *data)
{
	PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
	DeviceClass *dc = DEVICE_CLASS(klass);

	pc->realize = tnpu_realize;
	pc->exit = tnpu_exit;
	pc->config_read = tnpu_read_config;
	pc->config_write = tnpu_write_config;
	pc->vendor_id = TNPU_PCI_VENDOR_ID;
	pc->device_id = TNPU_PCI_DEVICE_ID;
	pc->revision = TNPU_HW_VERSION_MAJOR;
	pc->class_id = TNPU_PCI_CLASS >> 8;
	pc->subsystem_vendor_id = TNPU_PCI_SUBSYS_VENDOR_ID;
	pc->subsystem_id = TNPU_PCI_SUBSYS_GENERIC;
	dc->desc = "transformer accelerator (TNPU)";
	set_bit(DEVICE_CATEGORY_MISC, dc->categories);
	tnpu_props_init(klass);
	tnpu_provoke_init(klass);
	tnpu_counters_init(klass);
	tnpu_reset_init(klass);
	tnpu_vmstate_init(klass);
}

static InterfaceInfo tnpu_interfaces[] = {
	{ INTERFACE_PCIE_DEVICE },
	{ },
};

static const TypeInfo tnpu_info = {
	.name = TYPE_TNPU,
	.parent = TYPE_PCI_DEVICE,
	.instance_size = sizeof(TnpuState),
	.class_init = tnpu_class_init,
	.interfaces = tnpu_interfaces,
};

static void tnpu_register_types(void)
{
	type_register_static(&tnpu_info);
}

type_init(tnpu_register_types)
