// SPDX-License-Identifier: MIT
/*
 * The caller's memory, reached as a kernel would: a bad pointer is -EFAULT, not a crash.
 * process_vm_readv() and process_vm_writev() on this very process do that.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "inproc.h"

/** inproc_user_read() - Copy @size bytes from the caller's @src. 0 or -EFAULT. */
int inproc_user_read(void *dst, uint64_t src, size_t size)
{
	struct iovec local = { dst, size };
	struct iovec remote = { (void *)(uintptr_t)src, size };

	if (!size)
		return 0;
	if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != (ssize_t)size)
		return -EFAULT;
	return 0;
}

/** inproc_user_write() - Copy @size bytes to the caller's @dst. 0 or -EFAULT. */
int inproc_user_write(uint64_t dst, const void *src, size_t size)
{
	struct iovec local = { (void *)src, size };
	struct iovec remote = { (void *)(uintptr_t)dst, size };

	if (!size)
		return 0;
	if (process_vm_writev(getpid(), &local, 1, &remote, 1, 0) != (ssize_t)size)
		return -EFAULT;
	return 0;
}

/* As copy_struct_from_user(): what this side does not know must be zero. */
static int inproc_user_object(void *object, size_t size, uint64_t src, uint32_t stride)
{
	uint8_t buf[INPROC_MAX_STRIDE];
	uint32_t i;

	if (inproc_user_read(buf, src, stride))
		return -EFAULT;
	for (i = size; i < stride; i++)
		if (buf[i])
			return -E2BIG;
	for (i = 0; i < size; i++)
		((uint8_t *)object)[i] = buf[i];
	return 0;
}

/**
 * inproc_user_array() - Read an object array
 * @array: what the caller gave
 * @size: of one object, which is also its first version's
 * @max: objects allowed
 * @objects: a copy, for free(); NULL where there are none
 *
 * Return: 0, -EINVAL stride, -E2BIG too many or an object holds what is unknown here,
 * -EFAULT, -ENOMEM.
 */
int inproc_user_array(const struct drm_tnpu_obj_array *array, size_t size, uint32_t max,
		      void **objects)
{
	uint8_t *copy;
	uint32_t i;
	int ret = 0;

	*objects = NULL;
	if (!array->count)
		return 0;
	if (array->stride < size || array->stride > INPROC_MAX_STRIDE)
		return -EINVAL;
	if (array->count > max)
		return -E2BIG;
	copy = calloc(array->count, size);
	if (!copy)
		return -ENOMEM;
	for (i = 0; i < array->count && !ret; i++)
		ret = inproc_user_object(copy + i * size, size,
					 array->array + (uint64_t)i * array->stride, array->stride);
	if (ret)
		free(copy);
	else
		*objects = copy;
	return ret;
}
