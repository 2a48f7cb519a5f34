/* The numbers of the format and what they become. */
#ifndef HEAPWISE_EXECTRACE_FORMAT_H
#define HEAPWISE_EXECTRACE_FORMAT_H

#include <stdint.h>

/* The kinds of `heapwise.model.exectrace.EventKind`; 0 gives no row. */
enum kind { PROCS = 1, P_START, P_STOP, CREATE, START, DESTROY, STOP, BLOCK, UNBLOCK, SYS_BEGIN,
    SYS_END, STATUS, STOPPED, RESTARTED, CYCLE_ACTIVE, CYCLE_BEGIN, CYCLE_END, SWEPT_BEGIN,
    SWEPT_END, ASSISTING, ASSIST, ASSISTED, ALLOC, GOAL, TASK, TASK_ENDED, REGION, REGION_ENDED,
    LOG, SAMPLE, OTHER };

/* Version 2 on the wire. */
enum { EVENT_BATCH = 1, STACKS, STACK, STRINGS, STRING, CPU_SAMPLES, CPU_SAMPLE, FREQUENCY,
    PROCS_CHANGE, PROC_START, PROC_STOP, PROC_STEAL, PROC_STATUS, GO_CREATE, GO_CREATE_SYSCALL,
    GO_START, GO_DESTROY, GO_DESTROY_SYSCALL, GO_STOP, GO_BLOCK, GO_UNBLOCK, GO_SYSCALL_BEGIN,
    GO_SYSCALL_END, GO_SYSCALL_END_BLOCKED, GO_STATUS, STW_BEGIN, STW_END, GC_ACTIVE, GC_BEGIN,
    GC_END, GC_SWEEP_ACTIVE, GC_SWEEP_BEGIN, GC_SWEEP_END, ASSIST_ACTIVE, ASSIST_BEGIN, ASSIST_END,
    HEAP_ALLOC, HEAP_GOAL, GO_LABEL, TASK_BEGIN, TASK_END, REGION_BEGIN, REGION_END, USER_LOG,
    GO_SWITCH, GO_SWITCH_DESTROY, GO_CREATE_BLOCKED, GO_STATUS_STACK, EXPERIMENTAL_BATCH, SYNC,
    CLOCK_SNAPSHOT, END_OF_GENERATION };

/* What only version 1 has. */
enum { OLD = 200, OLD_CREATE = OLD, OLD_CREATE_BLOCKED, OLD_WAITING, OLD_IN_SYSCALL, OLD_SYSCALL,
    OLD_SYSCALL_LONG, OLD_SYS_BLOCK, OLD_SYS_EXIT, OLD_PROC_START, OLD_PROC_STOP, OLD_GC_END,
    OLD_NOTHING };

enum { RUNNABLE = 1, RUNNING, SYSCALL, WAITING };              /* of a goroutine */
enum { P_RUNNING = 1, P_IDLE, P_SYSCALL, P_ABANDONED };        /* of a processor */
enum { CREATED_BLOCKED = 1, CREATED_IN_SYSCALL };              /* column c of CREATE */

#define MOST_ARGS 5
#define NONE UINT64_MAX
#define SECOND UINT64_C(1000000000)

/* How many arguments an event has after its time, and which of them, from 1, go to which column. */
struct spec { uint8_t kind, args, stack, a, b, c; };

static const struct spec SPECS[256] = {
    [PROCS_CHANGE] = {PROCS, 2, 2, 1, 0, 0}, [PROC_START] = {P_START, 2, 0, 1, 0, 0},
    [PROC_STOP] = {P_STOP, 0, 0, 0, 0, 0}, [PROC_STEAL] = {P_STOP, 3, 0, 1, 0, 0},
    [PROC_STATUS] = {OTHER, 2, 0, 0, 0, 0}, [GO_CREATE] = {CREATE, 3, 3, 1, 2, 0},
    [GO_CREATE_SYSCALL] = {CREATE, 1, 0, 1, 0, 0}, [GO_START] = {START, 2, 0, 1, 0, 0},
    [GO_DESTROY] = {DESTROY, 0, 0, 0, 0, 0}, [GO_DESTROY_SYSCALL] = {DESTROY, 0, 0, 0, 0, 0},
    [GO_STOP] = {STOP, 2, 2, 1, 0, 0}, [GO_BLOCK] = {BLOCK, 2, 2, 1, 0, 0},
    [GO_UNBLOCK] = {UNBLOCK, 3, 3, 1, 0, 0}, [GO_SYSCALL_BEGIN] = {SYS_BEGIN, 2, 2, 0, 0, 0},
    [GO_SYSCALL_END] = {SYS_END, 0, 0, 0, 0, 0},
    [GO_SYSCALL_END_BLOCKED] = {SYS_END, 0, 0, 0, 0, 0}, [GO_STATUS] = {STATUS, 3, 0, 1, 3, 0},
    [STW_BEGIN] = {STOPPED, 2, 2, 1, 0, 0}, [STW_END] = {RESTARTED, 0, 0, 0, 0, 0},
    [GC_ACTIVE] = {CYCLE_ACTIVE, 1, 0, 1, 0, 0}, [GC_BEGIN] = {CYCLE_BEGIN, 2, 2, 1, 0, 0},
    [GC_END] = {CYCLE_END, 1, 0, 1, 0, 0}, [GC_SWEEP_ACTIVE] = {OTHER, 1, 0, 0, 0, 0},
    [GC_SWEEP_BEGIN] = {SWEPT_BEGIN, 1, 1, 0, 0, 0}, [GC_SWEEP_END] = {SWEPT_END, 2, 0, 1, 2, 0},
    [ASSIST_ACTIVE] = {ASSISTING, 1, 0, 1, 0, 0}, [ASSIST_BEGIN] = {ASSIST, 1, 1, 0, 0, 0},
    [ASSIST_END] = {ASSISTED, 0, 0, 0, 0, 0}, [HEAP_ALLOC] = {ALLOC, 1, 0, 1, 0, 0},
    [HEAP_GOAL] = {GOAL, 1, 0, 1, 0, 0}, [GO_LABEL] = {OTHER, 1, 0, 0, 0, 0},
    [TASK_BEGIN] = {TASK, 4, 4, 1, 2, 3}, [TASK_END] = {TASK_ENDED, 2, 2, 1, 0, 0},
    [REGION_BEGIN] = {REGION, 3, 3, 1, 2, 0}, [REGION_END] = {REGION_ENDED, 3, 3, 1, 2, 0},
    [USER_LOG] = {LOG, 4, 4, 1, 2, 3}, [GO_SWITCH] = {UNBLOCK, 2, 0, 1, 0, 0},
    [GO_SWITCH_DESTROY] = {UNBLOCK, 2, 0, 1, 0, 0}, [GO_CREATE_BLOCKED] = {CREATE, 3, 3, 1, 2, 0},
    [GO_STATUS_STACK] = {STATUS, 4, 4, 1, 3, 0},
    /* experiments: spans, objects and stacks that exist, are allocated, are freed */
    [128] = {OTHER, 3, 0, 0, 0, 0}, [129] = {OTHER, 3, 0, 0, 0, 0}, [130] = {OTHER, 1, 0, 0, 0, 0},
    [131] = {OTHER, 2, 0, 0, 0, 0}, [132] = {OTHER, 2, 0, 0, 0, 0}, [133] = {OTHER, 1, 0, 0, 0, 0},
    [134] = {OTHER, 2, 0, 0, 0, 0}, [135] = {OTHER, 2, 0, 0, 0, 0}, [136] = {OTHER, 1, 0, 0, 0, 0},
    [OLD_CREATE] = {CREATE, 3, 3, 1, 2, 0}, [OLD_CREATE_BLOCKED] = {CREATE, 3, 3, 1, 2, 0},
    [OLD_WAITING] = {STATUS, 1, 0, 1, 0, 0}, [OLD_IN_SYSCALL] = {STATUS, 1, 0, 1, 0, 0},
    [OLD_SYSCALL] = {SYS_BEGIN, 1, 1, 0, 0, 0}, [OLD_SYSCALL_LONG] = {SYS_BEGIN, 1, 1, 0, 0, 0},
    [OLD_SYS_BLOCK] = {0, 0, 0, 0, 0, 0}, [OLD_SYS_EXIT] = {SYS_END, 2, 0, 0, 0, 0},
    [OLD_PROC_START] = {P_START, 1, 0, 0, 0, 0}, [OLD_PROC_STOP] = {P_STOP, 0, 0, 0, 0, 0},
    [OLD_GC_END] = {CYCLE_END, 0, 0, 0, 0, 0}, [OLD_NOTHING] = {0, 0, 0, 0, 0, 0},
};

#endif
