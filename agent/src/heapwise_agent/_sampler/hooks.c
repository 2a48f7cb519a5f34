/* The hooks: the only code here that runs on every allocation.
 *
 * Each domain has its functions stamped from the same inline bodies, so that which domain it is and
 * which sizes it counts are constants in them. They ignore the context they are called with, and
 * are installed with the context of what they wrap: a thread that calls the RAW domain without the
 * GIL while the table is being rewritten sees a valid pair whatever it reads.
 *
 * No block is counted twice though large requests pass two hooks: RAW counts what reaches it, MEM
 * and OBJ count only the sizes they keep from RAW, which is asked of the allocator at start (1 to
 * 512 bytes normally; other bounds under PYTHONMALLOC).
 */
#include "core.h"

#include <stdatomic.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* Which requests a hook counts: all, sizes from 1 below the limit, or any range of sizes. */
typedef enum { EVERYTHING, SMALL, RANGE } rule;

typedef struct {
    PyMemAllocatorDomain name;
    bool has_gil;        /* callers hold it */
    size_t first, span;  /* the sizes counted: first ... first + span - 1 */
    ptrdiff_t offset;    /* how far behind RAW's block lies the one this domain makes of it */
    _Atomic(const PyMemAllocatorEx *) next;
} domain;

static domain raw = {.name = PYMEM_DOMAIN_RAW};
static domain mem = {.name = PYMEM_DOMAIN_MEM, .has_gil = true};
static domain obj = {.name = PYMEM_DOMAIN_OBJ, .has_gil = true};

_Atomic uint64_t core_samples, core_dropped_reentrant;

INLINE const PyMemAllocatorEx *
next_of(domain *d)
{
    return atomic_load_explicit(&d->next, memory_order_relaxed);
}

/* ---- sampled ------------------------------------------------------------------------------ */

static void
record(domain *d, void *p, size_t n, double weight)
{
    thread_state *t = &core_thread;
    if (t->busy) {
        atomic_fetch_add_explicit(&core_dropped_reentrant, 1, memory_order_relaxed);
        return;
    }
    t->busy = true;
    raw_stack stack;
    frames_walk(&stack, d->has_gil);
    live_block block = {.address = (uintptr_t)p, .size = n, .weight = (float)weight};
    core_acquire();
    block.row = stacks_row(&stack, n);
    live_add(block);
    core_release();
    atomic_fetch_add_explicit(&core_samples, 1, memory_order_relaxed);
    t->busy = false;
}

/* The decision comes before the call: what runs inside it then meets a fresh countdown. */
COLD static void *
slow_malloc(domain *d, size_t n)
{
    double weight = thread_decide(n);
    const PyMemAllocatorEx *next = next_of(d);
    void *p = next->malloc(next->ctx, n);
    if (weight > 0 && p) {
        record(d, p, n, weight);
    }
    return p;
}

COLD static void *
slow_calloc(domain *d, size_t count, size_t size)
{
    double weight = thread_decide(count * size);
    const PyMemAllocatorEx *next = next_of(d);
    void *p = next->calloc(next->ctx, count, size);
    if (weight > 0 && p) {
        record(d, p, count * size, weight);
    }
    return p;
}

COLD static void
slow_count(domain *d, void *p, size_t n)
{
    double weight = thread_decide(n);
    if (weight > 0) {
        record(d, p, n, weight);
    }
}

COLD static void
slow_free(void *p)
{
    live_block gone;
    live_take(p, &gone);
}

/* ---- every time --------------------------------------------------------------------------- */

INLINE bool
counts(domain *d, rule which, size_t n)
{
    switch (which) {
    case SMALL:
        return n - 1 < d->span;
    case RANGE:
        return n - d->first < d->span;
    default:
        return true;
    }
}

/* True when it is time to decide about a sample. */
INLINE bool
count_down(size_t n)
{
    core_thread.count++;
    return (core_thread.countdown -= (int64_t)n) < 0;
}

INLINE void *
hook_malloc(domain *d, rule which, size_t n)
{
    if (LIKELY(counts(d, which, n)) && UNLIKELY(count_down(n))) {
        return slow_malloc(d, n);
    }
    const PyMemAllocatorEx *next = next_of(d);
    return next->malloc(next->ctx, n);
}

/* The product cannot overflow: PyMem_Calloc and its kin have refused that already. */
INLINE void *
hook_calloc(domain *d, rule which, size_t count, size_t size)
{
    if (LIKELY(counts(d, which, count * size)) && UNLIKELY(count_down(count * size))) {
        return slow_calloc(d, count, size);
    }
    const PyMemAllocatorEx *next = next_of(d);
    return next->calloc(next->ctx, count, size);
}

INLINE void
hook_free(domain *d, void *p)
{
    if (UNLIKELY(*live_page(p))) {
        slow_free(p);
    }
    const PyMemAllocatorEx *next = next_of(d);
    next->free(next->ctx, p);
}

/* A realloc is a free of the old block and an allocation of the new one. Where the new one came
 * from decides who counts it: a block of RAW that shrinks below 513 bytes stays in RAW. */
INLINE void *
call_realloc(domain *d, rule which, void *old, size_t n)
{
    core_thread.raw_result = NULL;
    const PyMemAllocatorEx *next = next_of(d);
    char *p = next->realloc(next->ctx, old, n);
    if (!p) {
        return NULL;
    }
    if (which == EVERYTHING) {
        core_thread.raw_result = p;
    }
    else if (!counts(d, which, n)
             || (core_thread.raw_result && core_thread.raw_result + d->offset == p)) {
        return p;
    }
    if (UNLIKELY(count_down(n))) {
        slow_count(d, p, n);
    }
    return p;
}

/* The old block leaves before the call: its address may be somebody else's while it runs. */
COLD static void *
slow_realloc(domain *d, rule which, void *old, size_t n)
{
    live_block gone;
    bool taken = live_take(old, &gone);
    void *p = call_realloc(d, which, old, n);
    if (!p && taken) {
        live_put_back(gone);
    }
    return p;
}

INLINE void *
hook_realloc(domain *d, rule which, void *old, size_t n)
{
    if (UNLIKELY(*live_page(old))) {
        return slow_realloc(d, which, old, n);
    }
    return call_realloc(d, which, old, n);
}

#define STAMP(domain, name, rule)                                   \
    static void *name##_malloc(void *ctx, size_t n)                 \
    {                                                               \
        (void)ctx;                                                  \
        return hook_malloc(&domain, rule, n);                       \
    }                                                               \
    static void *name##_calloc(void *ctx, size_t count, size_t size) \
    {                                                               \
        (void)ctx;                                                  \
        return hook_calloc(&domain, rule, count, size);             \
    }                                                               \
    static void *name##_realloc(void *ctx, void *old, size_t n)     \
    {                                                               \
        (void)ctx;                                                  \
        return hook_realloc(&domain, rule, old, n);                 \
    }                                                               \
    static void name##_free(void *ctx, void *p)                     \
    {                                                               \
        (void)ctx;                                                  \
        hook_free(&domain, p);                                      \
    }                                                               \
    static const PyMemAllocatorEx name = {                          \
        NULL, name##_malloc, name##_calloc, name##_realloc, name##_free}

STAMP(raw, raw_hooks, EVERYTHING);
STAMP(mem, mem_hooks, SMALL);
STAMP(obj, obj_hooks, SMALL);
STAMP(mem, mem_range_hooks, RANGE);
STAMP(obj, obj_range_hooks, RANGE);

/* ---- installing --------------------------------------------------------------------------- */

/* Whether the domain hands a request of this size on to RAW. */
static bool
reaches_raw(const PyMemAllocatorEx *a, size_t n)
{
    uint64_t before = core_thread.count;
    void *p = a->malloc(a->ctx, n);
    bool reached = core_thread.count != before;
    if (p) {
        a->free(a->ctx, p);
    }
    return reached;
}

/* Which sizes the domain keeps from RAW, found by asking. */
static void
probe_sizes(domain *d, const PyMemAllocatorEx *a)
{
    size_t kept = 1, passed = 1 << 20;
    d->first = reaches_raw(a, 0) ? 1 : 0;
    if (!reaches_raw(a, passed)) {
        d->span = SIZE_MAX;
        return;
    }
    if (reaches_raw(a, kept)) {
        d->span = 0;
        return;
    }
    while (passed - kept > 1) {
        size_t middle = kept + (passed - kept) / 2;
        if (reaches_raw(a, middle)) {
            passed = middle;
        }
        else {
            kept = middle;
        }
    }
    d->span = passed - d->first;
}

/* Debug allocators put bytes of their own before each block, RAW's as well. */
static void
probe_offset(domain *d, const PyMemAllocatorEx *a)
{
    char *p = a->malloc(a->ctx, 1 << 20);
    char *q = p ? a->realloc(a->ctx, p, 1 << 21) : NULL;
    d->offset = q && core_thread.raw_result ? q - core_thread.raw_result : 0;
    if (q || p) {
        a->free(a->ctx, q ? q : p);
    }
}

/* Saved allocators are never written again: a call on its way through them may be late. */
enum { MAX_INSTALLS = 16 };
static PyMemAllocatorEx saved[3][MAX_INSTALLS];
static int installs;

static const PyMemAllocatorEx *
save(domain *d)
{
    PyMemAllocatorEx *slot = &saved[d->name][installs];
    PyMem_GetAllocator(d->name, slot);
    return slot;
}

static void
wrap(domain *d, const PyMemAllocatorEx *hooks, const PyMemAllocatorEx *next)
{
    atomic_store_explicit(&d->next, next, memory_order_release);
    PyMemAllocatorEx ours = *hooks;
    ours.ctx = next->ctx;
    PyMem_SetAllocator(d->name, &ours);
}

static void
wrap_probed(domain *d, const PyMemAllocatorEx *small, const PyMemAllocatorEx *range)
{
    const PyMemAllocatorEx *next = save(d);
    core_thread.raw_result = NULL;
    probe_sizes(d, next);
    probe_offset(d, next);
    wrap(d, d->first == 1 ? small : range, next);
}

/* Several sizes: whoever stands above us may serve one of them from a store of its own. */
static bool
moves_count(void *(*allocate)(size_t), void (*release)(void *))
{
    uint64_t before = core_thread.count;
    for (size_t n = 1; n <= 256; n *= 4) {
        release(allocate(n));
    }
    return core_thread.count != before;
}

int
hooks_reached(void)
{
    return (moves_count(PyMem_RawMalloc, PyMem_RawFree) ? RAW_BIT : 0)
           | (moves_count(PyMem_Malloc, PyMem_Free) ? MEM_BIT : 0)
           | (moves_count(PyObject_Malloc, PyObject_Free) ? OBJ_BIT : 0);
}

const char *
hooks_install(void)
{
    int reached = hooks_reached();
    if (reached == ALL_BITS) {
        return NULL;
    }
    if (installs == MAX_INSTALLS) {
        return "the allocator hooks were replaced too often by something else in this process";
    }
    if (installs) {
        /* While we were out blocks died unseen: what is in use has to be learnt anew. */
        core_acquire();
        live_forget_all();
        core_release();
    }
    if (!(reached & RAW_BIT)) {
        wrap(&raw, &raw_hooks, save(&raw));
    }
    if (!(reached & MEM_BIT)) {
        wrap_probed(&mem, &mem_hooks, &mem_range_hooks);
    }
    if (!(reached & OBJ_BIT)) {
        wrap_probed(&obj, &obj_hooks, &obj_range_hooks);
    }
    installs++;
    return NULL;
}
