/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: trace events. Names and fields are described in Documentation/driver.rst and do not
 * change their meaning.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM tnpu

#if !defined(_TNPU_TRACE_H_) || defined(TRACE_HEADER_MULTI_READ)
#define _TNPU_TRACE_H_

#include <linux/tracepoint.h>

#include <tnpu/tnpu_regs.h>

DECLARE_EVENT_CLASS(tnpu_job,
		    TP_PROTO(u32 queue, u32 context, const struct tnpu_ring_entry *job),
		    TP_ARGS(queue, context, job),
		    TP_STRUCT__entry(__field(u32, queue)
				     __field(u32, context)
				     __field(u64, seq)
				     __field(u64, stream)
				     __field(u32, size)
				     __field(u32, flags)),
		    TP_fast_assign(__entry->queue = queue;
				   __entry->context = context;
				   __entry->seq = job->seq;
				   __entry->stream = job->cmd_va;
				   __entry->size = job->cmd_size;
				   __entry->flags = job->flags;),
		    TP_printk("queue=%u context=%u seq=%llu stream=0x%llx size=%u flags=0x%x",
			      __entry->queue, __entry->context, __entry->seq, __entry->stream,
			      __entry->size, __entry->flags)
);

DEFINE_EVENT(tnpu_job, tnpu_job_submit,
	     TP_PROTO(u32 queue, u32 context, const struct tnpu_ring_entry *job),
	     TP_ARGS(queue, context, job)
);

DEFINE_EVENT(tnpu_job, tnpu_job_run,
	     TP_PROTO(u32 queue, u32 context, const struct tnpu_ring_entry *job),
	     TP_ARGS(queue, context, job)
);

TRACE_EVENT(tnpu_job_done,
	    TP_PROTO(u32 queue, u64 seq, const struct tnpu_completion *done),
	    TP_ARGS(queue, seq, done),
	    TP_STRUCT__entry(__field(u32, queue)
			     __field(u32, status)
			     __field(u64, seq)
			     __field(u32, reason)
			     __field(u32, command)
			     __field(u64, start)
			     __field(u64, end)
			     __field(u64, busy)),
	    TP_fast_assign(__entry->queue = queue;
			   __entry->status = done->status;
			   __entry->seq = seq;
			   __entry->reason = done->reason;
			   __entry->command = done->cmd_index;
			   __entry->start = done->start;
			   __entry->end = done->end;
			   __entry->busy = done->busy;),
	    TP_printk("queue=%u seq=%llu status=%u reason=%u command=%u start=%llu end=%llu busy=%llu",
		      __entry->queue, __entry->seq, __entry->status, __entry->reason,
		      __entry->command, __entry->start, __entry->end, __entry->busy)
);

TRACE_EVENT(tnpu_fault,
	    TP_PROTO(u32 queue, u64 seq, const struct tnpu_completion *done),
	    TP_ARGS(queue, seq, done),
	    TP_STRUCT__entry(__field(u32, queue)
			     __field(u32, access)
			     __field(u64, seq)
			     __field(u64, va)
			     __field(u32, command)),
	    TP_fast_assign(__entry->queue = queue;
			   __entry->access = done->access;
			   __entry->seq = seq;
			   __entry->va = done->fault_va;
			   __entry->command = done->cmd_index;),
	    TP_printk("queue=%u seq=%llu va=0x%llx access=%u command=%u", __entry->queue,
		      __entry->seq, __entry->va, __entry->access, __entry->command)
);

#define TNPU_TRACE_RESET_CANCEL		1
#define TNPU_TRACE_RESET_ENGINES	2
#define TNPU_TRACE_RESET_FUNCTION	3
#define TNPU_TRACE_RESET_OUTSIDE	4
#define TNPU_TRACE_RESET_FAILED		5

TRACE_EVENT(tnpu_reset,
	    TP_PROTO(u32 kind, int queue, int error),
	    TP_ARGS(kind, queue, error),
	    TP_STRUCT__entry(__field(u32, kind)
			     __field(int, queue)
			     __field(int, error)),
	    TP_fast_assign(__entry->kind = kind;
			   __entry->queue = queue;
			   __entry->error = error;),
	    TP_printk("kind=%s queue=%d error=%d",
		      __print_symbolic(__entry->kind,
				       { TNPU_TRACE_RESET_CANCEL, "cancel" },
				       { TNPU_TRACE_RESET_ENGINES, "engines" },
				       { TNPU_TRACE_RESET_FUNCTION, "function" },
				       { TNPU_TRACE_RESET_OUTSIDE, "outside" },
				       { TNPU_TRACE_RESET_FAILED, "failed" }),
		      __entry->queue, __entry->error)
);

TRACE_EVENT(tnpu_mbox,
	    TP_PROTO(const struct tnpu_msg *msg, int error),
	    TP_ARGS(msg, error),
	    TP_STRUCT__entry(__field(u32, seq)
			     __field(u32, type)
			     __field(u32, status)
			     __field(int, error)),
	    TP_fast_assign(__entry->seq = msg->seq;
			   __entry->type = msg->type;
			   __entry->status = msg->status;
			   __entry->error = error;),
	    TP_printk("seq=%u type=%u status=%u error=%d", __entry->seq, __entry->type,
		      __entry->status, __entry->error)
);

TRACE_EVENT(tnpu_power,
	    TP_PROTO(bool on, bool runtime),
	    TP_ARGS(on, runtime),
	    TP_STRUCT__entry(__field(bool, on)
			     __field(bool, runtime)),
	    TP_fast_assign(__entry->on = on;
			   __entry->runtime = runtime;),
	    TP_printk("on=%d runtime=%d", __entry->on, __entry->runtime)
);

#endif /* _TNPU_TRACE_H_ */

/* This part must be outside of the guard. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE tnpu_trace
#include <trace/define_trace.h>
