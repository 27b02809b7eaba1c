// SPDX-License-Identifier: GPL-2.0
/*
 * What the shortest way to a device and back takes in this machine: one write to a register and
 * the message-signalled interrupt that it causes. The device is QEMU's "edu", which raises its
 * interrupt within the write. Loading the module measures; its parameters tell.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sort.h>

#define MSI_BENCH_ROUNDS	2000
#define MSI_BENCH_WARM		100	/* rounds before those that count */
#define MSI_BENCH_LOST_NS	NSEC_PER_SEC

/* Registers of edu. */
#define MSI_BENCH_RAISE		0x60
#define MSI_BENCH_ACK		0x64

static unsigned long long p50_ns;
module_param(p50_ns, ullong, 0444);
MODULE_PARM_DESC(p50_ns, "median, in nanoseconds");

static unsigned long long p99_ns;
module_param(p99_ns, ullong, 0444);
MODULE_PARM_DESC(p99_ns, "99th percentile, in nanoseconds");

/**
 * struct msi_bench - a device that is measured
 * @regs: its registers
 * @seen: interrupts so far
 * @ns: what each round took
 */
struct msi_bench {
	void __iomem *regs;
	unsigned int seen;
	u64 ns[MSI_BENCH_ROUNDS];
};

static irqreturn_t msi_bench_irq(int irq, void *arg)
{
	struct msi_bench *bench = arg;

	WRITE_ONCE(bench->seen, bench->seen + 1);

	return IRQ_HANDLED;
}

static u64 msi_bench_round(struct msi_bench *bench)
{
	const unsigned int seen = bench->seen;
	const u64 start = ktime_get_ns();
	u64 took = 0;

	writel(1, bench->regs + MSI_BENCH_RAISE);
	while (READ_ONCE(bench->seen) == seen && took < MSI_BENCH_LOST_NS) {
		cpu_relax();
		took = ktime_get_ns() - start;
	}

	return ktime_get_ns() - start;
}

static int msi_bench_compare(const void *a, const void *b)
{
	const u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static int msi_bench_measure(struct msi_bench *bench)
{
	unsigned int i;

	for (i = 0; i < MSI_BENCH_WARM; i++)
		msi_bench_round(bench);
	for (i = 0; i < MSI_BENCH_ROUNDS; i++) {
		bench->ns[i] = msi_bench_round(bench);
		cond_resched();
	}
	if (bench->seen != MSI_BENCH_WARM + MSI_BENCH_ROUNDS)
		return -ETIME;
	sort(bench->ns, MSI_BENCH_ROUNDS, sizeof(*bench->ns), msi_bench_compare, NULL);
	p50_ns = bench->ns[MSI_BENCH_ROUNDS / 2];
	p99_ns = bench->ns[MSI_BENCH_ROUNDS * 99 / 100];

	return 0;
}

static int msi_bench_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct msi_bench *bench;
	int ret;

	bench = devm_kzalloc(&pdev->dev, sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return -ENOMEM;
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	pci_set_master(pdev);
	bench->regs = pcim_iomap(pdev, 0, 0);
	if (!bench->regs)
		return -ENOMEM;
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);
	if (ret < 0)
		return ret;
	ret = devm_request_irq(&pdev->dev, pci_irq_vector(pdev, 0), msi_bench_irq, 0,
			       KBUILD_MODNAME, bench);
	if (!ret)
		ret = msi_bench_measure(bench);
	writel(1, bench->regs + MSI_BENCH_ACK);

	return ret;
}

static const struct pci_device_id msi_bench_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, msi_bench_ids);

static struct pci_driver msi_bench_driver = {
	.name = KBUILD_MODNAME,
	.id_table = msi_bench_ids,
	.probe = msi_bench_probe,
};
module_pci_driver(msi_bench_driver);

MODULE_DESCRIPTION("Round trip of a register write and its MSI, on QEMU's edu");
MODULE_LICENSE("GPL");
