/* When the next hits are due, and what they ask for: a ring that the interpreter's thread fills and
 * the engine's empties, without a lock. What does not fit stays with the filler, who can compute it
 * again: a schedule is a function.
 */
#ifndef HEAPWISE_HTTP1_DUE_H
#define HEAPWISE_HTTP1_DUE_H

#include <stdatomic.h>
#include <stdint.h>

enum { RING = 1 << 16 };    /* 0.6 s of the highest rate this engine was seen to hold */

struct due {
    int64_t at;             /* ns of CLOCK_MONOTONIC */
    int64_t target;
};

struct ring {
    struct due *slots;
    _Atomic uint64_t filled, taken;   /* ever */
};

static uint64_t ring_count(struct ring *ring) {
    return atomic_load_explicit(&ring->filled, memory_order_acquire) -
           atomic_load_explicit(&ring->taken, memory_order_relaxed);
}

static uint64_t ring_room(struct ring *ring) {
    return RING - (atomic_load_explicit(&ring->filled, memory_order_relaxed) -
                   atomic_load_explicit(&ring->taken, memory_order_acquire));
}

/* Only where there is room. */
static void ring_put(struct ring *ring, struct due due) {
    uint64_t filled = atomic_load_explicit(&ring->filled, memory_order_relaxed);
    ring->slots[filled % RING] = due;
    atomic_store_explicit(&ring->filled, filled + 1, memory_order_release);
}

/* Only where there is one. */
static struct due *ring_at(struct ring *ring, uint64_t index) {
    return &ring->slots[(atomic_load_explicit(&ring->taken, memory_order_relaxed) + index) % RING];
}

static void ring_take(struct ring *ring) {
    uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    atomic_store_explicit(&ring->taken, taken + 1, memory_order_release);
}

/* How many of those in the ring were due by then: they are in order. */
static uint64_t ring_due_by(struct ring *ring, int64_t now) {
    uint64_t low = 0, high = ring_count(ring);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (ring_at(ring, middle)->at <= now) low = middle + 1;
        else high = middle;
    }
    return low;
}

#endif
