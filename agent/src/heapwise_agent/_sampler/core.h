/* What the files of the sampler share.
 *
 *   hooks.c    wraps the three allocators; the only code that runs on every allocation
 *   threads.c  per thread: the countdown to the next sample, exact counters, ends of threads
 *   frames.c   who allocates: a borrowed walk of the interpreter's frames
 *   stacks.c   those stacks interned, with four values for each stack and size class
 *   symbols.c  names copied from interpreters that may end before the process does
 *   live.c     sampled blocks that are still alive, and the filter that keeps frees cheap
 *   module.c   the Python face
 *
 * Rules of a hook: call no Python, touch no reference count that can reach zero, take nothing from
 * the Python heap. `core_lock` is a leaf: nothing that could take another lock runs under it.
 */
#ifndef HEAPWISE_CORE_H
#define HEAPWISE_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef Py_GIL_DISABLED
#error "heapwise-agent has no sampler for free-threaded builds"
#endif

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
/* Slow paths stay out of line so that the hot ones keep a handful of instructions. */
#define COLD __attribute__((noinline, cold))

/* glibc keeps room for a few initial-exec bytes in modules loaded late; musl does not. */
#ifdef __GLIBC__
#define HOT_TLS __attribute__((tls_model("initial-exec")))
#else
#define HOT_TLS
#endif

/* Nothing here is for other libraries, and hidden names need no lookup table. */
#pragma GCC visibility push(hidden)

extern pthread_mutex_t core_lock;

static inline void
core_acquire(void)
{
    pthread_mutex_lock(&core_lock);
}

static inline void
core_release(void)
{
    pthread_mutex_unlock(&core_lock);
}

/* Zeroed memory that costs nothing until it is touched, never given back; NULL when refused. */
void *core_reserve(size_t bytes);

/* ---- threads.c --------------------------------------------------------------------------- */

struct thread_record;

/* Kept small: it lives in the static surplus that all modules loaded late have to share. */
typedef struct {
    int64_t countdown;             /* bytes until the next sample; below zero: decide now */
    uint64_t count;                /* allocations ever */
    int64_t armed;                 /* the countdown at the last fold */
    uint64_t folded;               /* the count at the last fold */
    char *raw_result;              /* what the RAW domain's realloc returned last */
    struct thread_record *record;  /* NULL before the first decision and after the last */
    bool ignored;                  /* one of the agent's own threads */
    bool busy;                     /* inside a sample */
    bool leaving;                  /* past its destructor: folded at once, never sampled */
} thread_state;

extern HOT_TLS _Thread_local thread_state core_thread;

/* Exact sums, requests that failed included. */
typedef struct {
    uint64_t bytes, count;
} totals;

extern _Atomic int64_t core_interval;
extern _Atomic bool core_enabled;

int threads_init(void);
/* The weight of the block of n bytes that took the countdown below zero, or 0: not sampled. */
double thread_decide(size_t n);
void thread_ignore(bool on);
/* Draws anew for the calling thread; the others follow at their next sample. */
void thread_rearm(void);
void threads_seed(uint64_t seed);
/* Sums over all threads, dead ones too. Needs core_lock. */
void threads_totals(totals *app, totals *own);
/* In the child of a fork: only the calling thread is left, and the counters begin at zero. */
void threads_after_fork(void);

/* ---- frames.c ---------------------------------------------------------------------------- */

#define MAX_DEPTH 64

/* Compared and hashed as bytes: the padding is zero. */
typedef struct {
    const void *what;  /* a code object, or a symbol */
    int32_t at;        /* index of the instruction, or the line */
    uint32_t padding;
} raw_frame;

typedef struct {
    int depth;
    bool foreign;  /* of a subinterpreter: code objects may not be kept */
    raw_frame frames[MAX_DEPTH];
} raw_stack;

/* "" where frames can be walked, else why not. Needs the GIL. */
const char *frames_check(void);
/* Fills the stack of the calling thread, leaf first; empty where it holds no GIL. */
void frames_walk(raw_stack *stack, bool has_gil);
void frames_stop(void);

/* ---- symbols.c --------------------------------------------------------------------------- */

typedef struct {
    uint32_t hash;
    int32_t first_line;
    uint32_t name_bytes, file_bytes;
    char text[];  /* name, then file, in UTF-8 */
} symbol;

int symbols_init(void);
/* Replaces code objects by symbols. Needs core_lock and the GIL of the code's interpreter. */
bool symbols_intern(raw_stack *stack);
bool symbols_owns(const void *what);
size_t symbols_bytes(void);

/* ---- stacks.c ---------------------------------------------------------------------------- */

enum { STACK_NO_FRAME, STACK_TABLE_FULL, FIRST_STACK };

typedef struct {
    double alloc_objects, alloc_space, inuse_objects, inuse_space;
    double size_sum;        /* of all samples ever, for the mean size of the class */
    uint64_t seen, hits;    /* samples ever; samples since the process began or was forked */
    uint32_t stack, next;   /* next row of the same stack, 0: none */
    uint32_t live;          /* sampled blocks still alive */
    uint32_t size_class;
} row;

typedef struct {
    uint64_t hash;
    uint32_t offset, depth;  /* into the pool of frame ids */
    uint32_t first_row, next;
} stack_entry;

/* All below need core_lock. */
int stacks_init(void);
/* The row to add a sample of n bytes to; never NULL. */
uint32_t stacks_row(raw_stack *stack, size_t n);
row *stacks_at(uint32_t index);
uint32_t stacks_rows(void);
uint32_t stacks_count(void);
uint32_t stacks_frames(void);
uint64_t stacks_overflows(void);
size_t stacks_bytes(void);
void stacks_after_fork(void);
void stacks_forget(void);
/* Entries never change once they are counted, so these may be read without the lock. */
const stack_entry *stacks_entry(uint32_t index);
const uint32_t *stacks_ids(const stack_entry *entry);
const raw_frame *stacks_frame(uint32_t id);

/* ---- live.c ------------------------------------------------------------------------------ */

extern uint8_t live_filter[1 << 16];

/* One byte for each page, modulo 64 Ki pages: zero means that no sampled block starts there. */
static inline uint8_t *
live_page(const void *p)
{
    return &live_filter[((uintptr_t)p >> 12) & 0xFFFF];
}

typedef struct {
    uintptr_t address;
    uint64_t size;
    float weight;
    uint32_t row;
} live_block;

int live_init(void);
/* Needs core_lock. Adds to the row's values as well; false: no room, only alloc_* were added. */
bool live_add(live_block block);
/* Takes the block out if it is there. Takes core_lock itself. */
bool live_take(const void *p, live_block *taken);
void live_put_back(live_block block);
/* Need core_lock. */
size_t live_count(void);
size_t live_bytes(void);
uint64_t live_overflows(void);
void live_forget_all(void);

/* ---- hooks.c ----------------------------------------------------------------------------- */

/* Wraps what is there, again if somebody took us out. NULL, or why it cannot. Needs the GIL. */
const char *hooks_install(void);
/* Bit for each domain whose allocations reach us. Needs the GIL. */
int hooks_reached(void);
enum { RAW_BIT = 1, MEM_BIT = 2, OBJ_BIT = 4, ALL_BITS = 7 };

extern _Atomic uint64_t core_samples, core_dropped_reentrant;

#pragma GCC visibility pop

#endif
