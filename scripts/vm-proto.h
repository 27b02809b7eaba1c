/* SPDX-License-Identifier: MIT */
/*
 * The wire between vm-host, which owns the emulated machine, and vm-agent, its
 * first process. One virtio-serial port carries frames in both directions: a
 * header in the byte order of the machine (both ends are little-endian), then
 * @len bytes. One framed channel, and not a port per stream, keeps the order
 * of output and exit status without a rule of its own.
 */
#ifndef VM_PROTO_H
#define VM_PROTO_H

#include <stdint.h>

#define VM_PORT_NAME	"org.tnpu.agent"

/* A COMMAND with all its arguments and variables has to fit one frame. */
#define VM_FRAME_MAX	(256u << 10)
/*
 * Standard input that may be under way and not yet taken by COMMAND. It bounds
 * the agent's buffer, and so a COMMAND that reads nothing cannot keep a signal
 * from getting through.
 */
#define VM_WINDOW	(256u << 10)

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct vm_frame {
	uint32_t type;
	uint32_t len;
};

/*
 * What a frame of a stream carries at most: with its header it is what the
 * guest's kernel takes in one write.
 */
#define VM_CHUNK	((32u << 10) - sizeof(struct vm_frame))

/**
 * enum vm_type - what a frame carries
 * @VM_READY: guest to host; the guest is set up and waits for @VM_EXEC
 * @VM_FAIL: guest to host; set-up failed, the text says why
 * @VM_EXEC: host to guest; struct vm_exec and its strings
 * @VM_STDIN: host to guest; standard input, empty at its end
 * @VM_TAKEN: guest to host; uint32_t bytes of @VM_STDIN that left the buffer
 * @VM_SIGNAL: host to guest; uint32_t signal number for COMMAND's group
 * @VM_WINSIZE: host to guest; struct vm_winsize
 * @VM_STDOUT: guest to host; standard output
 * @VM_STDERR: guest to host; standard error
 * @VM_KMSG: guest to host; lines of the kernel log
 * @VM_EXIT: guest to host; uint32_t exit status, the last frame
 */
enum vm_type {
	VM_READY = 1,
	VM_FAIL,
	VM_EXEC,
	VM_STDIN,
	VM_TAKEN,
	VM_SIGNAL,
	VM_WINSIZE,
	VM_STDOUT,
	VM_STDERR,
	VM_KMSG,
	VM_EXIT,
};

struct vm_winsize {
	uint16_t rows;
	uint16_t cols;
};

#define VM_EXEC_KMSG	(1u << 8)

/**
 * struct vm_exec - the command to run
 * @flags: bit n set: file descriptor n (0 to 2) is a terminal on the host, so
 *         it becomes one for COMMAND; VM_EXEC_KMSG: send the kernel log
 * @size: the terminal's size, 0 where unknown
 * @argc: number of NUL-terminated arguments that follow
 * @envc: number of NUL-terminated "NAME=VALUE" strings after them
 */
struct vm_exec {
	uint32_t flags;
	struct vm_winsize size;
	uint32_t argc;
	uint32_t envc;
};

#endif
