/* Per thread: the countdown to the next sample, and exact counters.
 *
 * A draw is floor(E), E exponential with mean R bytes; each request takes its size off, and the one
 * that takes it below zero is sampled, so that P(sampled) = 1 - exp(-size / R) whatever came
 * before. Its weight is the inverse. The next draw starts at the end of that block.
 *
 * The exact bytes cost nothing on the hot path: they are what was folded before, plus
 * armed - countdown; likewise the count. Folds happen under core_lock, so readers may sum at any
 * time.
 */
#include "core.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct thread_record {
    struct thread_record *previous, *next;
    thread_state *state;
    uint64_t random;
    int64_t interval;  /* the mean the current draw was made with */
    totals app, own;
} thread_record;

HOT_TLS _Thread_local thread_state core_thread;
_Atomic int64_t core_interval = 512 * 1024;
_Atomic bool core_enabled;

/* All guarded by core_lock. */
static thread_record alive = {.previous = &alive, .next = &alive};
static thread_record *spare;  /* records of ended threads, linked by next */
static totals dead_app, dead_own;
static uint64_t seed;

static pthread_key_t ended;

static uint64_t
next_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545F4914F6CDD1DULL;
}

/* Neighbouring seeds must not give neighbouring streams. */
static uint64_t
scramble(uint64_t x)
{
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    x ^= x >> 31;
    return x ? x : 1;
}

/* At an interval of 1 the countdown stays below zero, so that requests of no bytes count too. */
static int64_t
draw(thread_record *r)
{
    r->interval = atomic_load_explicit(&core_interval, memory_order_relaxed);
    if (r->interval <= 1) {
        return -1;
    }
    double u = ((double)(next_random(&r->random) >> 11) + 0.5) * 0x1p-53;
    return (int64_t)floor(-log(u) * (double)r->interval);
}

static double
weight(size_t n, int64_t interval)
{
    if (interval <= 1) {
        return 1.0;
    }
    return n ? -1.0 / expm1(-(double)n / (double)interval) : 0.0;
}

/* Needs core_lock. */
static void
fold(thread_state *t, totals *into)
{
    into->bytes += (uint64_t)(t->armed - t->countdown);
    into->count += t->count - t->folded;
    t->armed = t->countdown;
    t->folded = t->count;
}

static totals *
totals_of(thread_record *r)
{
    return r->state->ignored ? &r->own : &r->app;
}

/* Needs core_lock. */
static void
retire(thread_record *r)
{
    fold(r->state, totals_of(r));
    dead_app.bytes += r->app.bytes;
    dead_app.count += r->app.count;
    dead_own.bytes += r->own.bytes;
    dead_own.count += r->own.count;
    r->previous->next = r->next;
    r->next->previous = r->previous;
    r->next = spare;
    spare = r;
}

/* Other destructors of this thread may still allocate: from now on each request is folded at once
 * and nothing points to memory that goes with the thread. */
static void
on_thread_end(void *record)
{
    thread_state *t = &core_thread;
    core_acquire();
    retire(record);
    t->record = NULL;
    t->leaving = true;
    t->countdown = t->armed = 0;
    core_release();
}

static thread_record *
new_record(void)
{
    core_acquire();
    thread_record *r = spare;
    if (r) {
        spare = r->next;
    }
    core_release();
    return r ? r : malloc(sizeof *r);
}

/* False when there is no memory for a record: the thread stays unsampled. */
static bool
enter(thread_state *t)
{
    if (t->leaving) {
        return false;
    }
    thread_record *r = new_record();
    if (!r) {
        return false;
    }
    *r = (thread_record){.state = t};
    core_acquire();
    seed = scramble(seed);
    r->random = seed;
    r->previous = &alive;
    r->next = alive.next;
    alive.next->previous = r;
    alive.next = r;
    t->record = r;
    /* The first block of a thread has its chance as well: draw first, then decide. */
    int64_t first = draw(r);
    t->armed += first;
    t->countdown += first;
    core_release();
    pthread_setspecific(ended, r);
    return true;
}

/* Needs core_lock. */
static void
rearm(thread_state *t)
{
    fold(t, totals_of(t->record));
    t->armed = t->countdown = draw(t->record);
}

static void
fold_at_once(thread_state *t)
{
    core_acquire();
    fold(t, t->ignored ? &dead_own : &dead_app);
    t->countdown = t->armed = 0;
    core_release();
}

double
thread_decide(size_t n)
{
    thread_state *t = &core_thread;
    if (!t->record && !enter(t)) {
        fold_at_once(t);
        return 0.0;
    }
    if (t->countdown >= 0) {  /* the first draw of this thread reaches further */
        return 0.0;
    }
    int64_t interval = t->record->interval;
    core_acquire();
    rearm(t);
    core_release();
    /* Stopped threads go on drawing, so that a start takes effect at once and without bias. */
    if (t->ignored || !atomic_load_explicit(&core_enabled, memory_order_relaxed)) {
        return 0.0;
    }
    return weight(n, interval);
}

void
thread_ignore(bool on)
{
    thread_state *t = &core_thread;
    if (!t->record && !enter(t)) {
        return;
    }
    core_acquire();
    fold(t, totals_of(t->record));
    t->ignored = on;
    core_release();
}

void
thread_rearm(void)
{
    thread_state *t = &core_thread;
    if (!t->record && !enter(t)) {
        return;
    }
    core_acquire();
    rearm(t);
    core_release();
}

void
threads_seed(uint64_t value)
{
    core_acquire();
    seed = scramble(value);
    if (core_thread.record) {
        core_thread.record->random = seed;
    }
    core_release();
    thread_rearm();
}

void
threads_totals(totals *app, totals *own)
{
    *app = dead_app;
    *own = dead_own;
    for (thread_record *r = alive.next; r != &alive; r = r->next) {
        app->bytes += r->app.bytes;
        app->count += r->app.count;
        own->bytes += r->own.bytes;
        own->count += r->own.count;
        /* Its owner may be counting at this moment: one block early or late, never torn. */
        int64_t left = __atomic_load_n(&r->state->countdown, __ATOMIC_RELAXED);
        totals *current = r->state->ignored ? own : app;
        current->bytes += (uint64_t)(r->state->armed - left);
        uint64_t count = __atomic_load_n(&r->state->count, __ATOMIC_RELAXED);
        current->count += count - r->state->folded;
    }
}

static uint64_t
fresh_seed(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t nanoseconds = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    return scramble(nanoseconds ^ ((uint64_t)getpid() << 40));
}

void
threads_after_fork(void)
{
    thread_state *t = &core_thread;
    while (alive.next != &alive) {
        thread_record *gone = alive.next;
        alive.next = gone->next;
        if (gone != t->record) {
            gone->next = spare;
            spare = gone;
        }
    }
    alive.previous = &alive;
    dead_app = dead_own = (totals){0};
    seed = fresh_seed();
    t->folded = t->count;
    if (t->record) {
        thread_record *r = t->record;
        *r = (thread_record){.previous = &alive, .next = &alive, .state = t, .random = seed};
        alive.next = alive.previous = r;
        t->armed = t->countdown = draw(r);
    }
}

int
threads_init(void)
{
    seed = fresh_seed();
    return pthread_key_create(&ended, on_thread_end);
}
