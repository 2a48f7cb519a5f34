/* What a reader knows, and reading numbers. */
#ifndef HEAPWISE_EXECTRACE_READER_H
#define HEAPWISE_EXECTRACE_READER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "format.h"

struct list { void *at; size_t count, room; };
struct cursor { const uint8_t *at, *end; };

/* A goroutine or processor by its id; also the head of a thread. */
struct resource {
    uint64_t id, seq;
    uint32_t generation; /* that `seq` belongs to */
    uint8_t status, used;
};

struct thread { /* of version 1: a processor */
    struct resource resource;
    int64_t goroutine, proc, os;
    size_t patch;    /* where its last event stands in the data, if one that follows changes it */
    uint32_t stream; /* its place in the streams of this generation, from 1 */
    bool spoke;      /* it had an event, or another thread told of it */
};

struct table { uint8_t *rows; size_t stride, count, mask; };

struct event { uint64_t ticks, args[MOST_ARGS]; uint8_t type; };
struct batch { uint64_t ticks; size_t at, size; size_t next; /* of this thread, from 1 */ };
struct stream { uint64_t thread; size_t first, last; struct cursor rest; struct event event; };
struct sample { uint64_t ticks, order; int64_t thread, proc, goroutine, stack; };

struct row { int64_t time, kind, thread, proc, goroutine, stack, a, b, c; };
#define COLUMNS (sizeof(struct row) / sizeof(int64_t))
#define MOST_ROWS 3 /* of one event */
#define TEXT_COST 128 /* bytes that Python takes for a text and its id */
#define STACK_COST 20 /* numbers of 8 bytes that a stack takes, with its place in Python's table */

typedef struct {
    PyObject_HEAD
    unsigned int version;
    unsigned long long secret, most_bytes, most_entries;
    /* the file */
    uint64_t offset;   /* of `base` */
    const uint8_t *base;
    uint64_t broken_at;
    const char *broken; /* NULL while nothing is wrong */
    bool no_memory;
    /* this generation */
    uint64_t number, size, texts_size;
    bool open, merging;
    struct list data, batches, streams, samples, stack_ids, stack_ends, frames, heap;
    PyObject *strings, *texts; /* id -> text, and of version 1's logs text -> id */
    size_t next_sample;
    uint64_t frequency, snapshot[4];
    bool has_snapshot;
    uint64_t in_batch; /* version 1: the thread whose batch this is */
    bool has_batch;
    /* the trace */
    uint32_t generation;
    struct table goroutines, procs, threads;
    uint64_t ticks_per_second, anchor_ticks, last_ticks;
    int64_t anchor_ns, last_ns, stop_reason;
    uint64_t gc_seq, disordered, patience;
    bool anchored, gc_known, started;
    /* the rows being filled */
    int64_t *columns[COLUMNS];
    size_t filled;
} Reader;

/* Notes the first thing that is wrong; always false. */
static bool damaged(Reader *r, const uint8_t *at, const char *what) {
    if (!r->broken) {
        r->broken = what;
        r->broken_at = r->offset + (uint64_t)(at - r->base);
    }
    return false;
}

/* Makes room for `more` entries of `size` bytes. */
static bool reserve(Reader *r, struct list *l, size_t more, size_t size) {
    if (more <= l->room - l->count) return true;
    size_t room = l->room ? l->room : 64;
    while (room < l->count + more) room *= 2;
    void *at = room <= (size_t)PY_SSIZE_T_MAX / size ? PyMem_RawRealloc(l->at, room * size) : NULL;
    if (!at) return r->no_memory = true, false;
    l->at = at;
    l->room = room;
    return true;
}

/* Bytes that a generation takes: what counts is what is held, not what came, as a batch of seven
 * bytes becomes one of a hundred. */
static uint64_t held(const Reader *r) {
    return r->data.count + r->texts_size + r->batches.count * sizeof(struct batch)
         + r->streams.count * sizeof(struct stream) + r->samples.count * sizeof(struct sample)
         + (r->stack_ids.count * STACK_COST + r->frames.count) * sizeof(int64_t);
}

#define AT(list, type, i) (&((type *)(list).at)[i])
#define PUSH(r, list, type, ...) \
    (reserve(r, &(list), 1, sizeof(type)) && (*AT(list, type, (list).count++) = __VA_ARGS__, true))

/* ---- resources by id ------------------------------------------------------------------------- */

static size_t slot_of(const Reader *r, const struct table *t, uint64_t id) {
    uint64_t hash = (id ^ r->secret) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 32) * (r->secret | 1);
    return (size_t)(hash ^ hash >> 29) & t->mask;
}

#define ROW(t, i) ((struct resource *)(void *)((t)->rows + (i) * (t)->stride))

/* Its row, or the free one where it would stand. */
static struct resource *place_of(const Reader *r, const struct table *t, uint64_t id) {
    size_t i = slot_of(r, t, id);
    while (ROW(t, i)->used && ROW(t, i)->id != id) i = (i + 1) & t->mask;
    return ROW(t, i);
}

static struct resource *find(const Reader *r, const struct table *t, uint64_t id) {
    struct resource *found = t->rows ? place_of(r, t, id) : NULL;
    return found && found->used ? found : NULL;
}

static bool widen(Reader *r, struct table *t) {
    struct table wider = {NULL, t->stride, t->count, t->rows ? 2 * t->mask + 1 : 63};
    wider.rows = PyMem_RawCalloc(wider.mask + 1, t->stride);
    if (!wider.rows) return r->no_memory = true, false;
    for (size_t i = 0; t->rows && i <= t->mask; i++)
        if (ROW(t, i)->used) memcpy(place_of(r, &wider, ROW(t, i)->id), ROW(t, i), t->stride);
    PyMem_RawFree(t->rows);
    *t = wider;
    return true;
}

/* Its row, made if there is none; NULL where the table is full. Moves the other rows. */
static struct resource *enter(Reader *r, struct table *t, uint64_t id) {
    struct resource *found = find(r, t, id);
    if (found) return found;
    if (t->count >= r->most_entries) return NULL;
    if ((!t->rows || 2 * t->count > t->mask) && !widen(r, t)) return NULL;
    found = place_of(r, t, id);
    found->id = id;
    found->used = true;
    t->count++;
    return found;
}

/* Takes a row out and moves up those behind it that could not stand where they belong. */
static void leave(const Reader *r, struct table *t, uint64_t id) {
    struct resource *gone = find(r, t, id);
    if (!gone) return;
    size_t hole = (size_t)((uint8_t *)gone - t->rows) / t->stride;
    for (size_t i = (hole + 1) & t->mask; ROW(t, i)->used; i = (i + 1) & t->mask) {
        size_t home = slot_of(r, t, ROW(t, i)->id);
        if (((i - home) & t->mask) < ((i - hole) & t->mask)) continue;
        memcpy(ROW(t, hole), ROW(t, i), t->stride);
        hole = i;
    }
    memset(ROW(t, hole), 0, t->stride);
    t->count--;
}

/* The same for a thread. */
static struct thread *enter_thread(Reader *r, uint64_t id) {
    bool known = find(r, &r->threads, id) != NULL;
    struct thread *thread = (struct thread *)(void *)enter(r, &r->threads, id);
    if (thread && !known) {
        thread->goroutine = thread->proc = -1;
        thread->os = (int64_t)id;
        if (r->version < 22) thread->proc = (int64_t)id, thread->os = -1;
    }
    return thread;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

#define CUT "it breaks off"

/* What is wrong with the next number; NULL if nothing is. */
static inline const char *read_varint(struct cursor *c, uint64_t *value) {
    uint64_t result = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (c->at == c->end) return CUT;
        uint64_t byte = *c->at++;
        result |= (byte & 0x7f) << shift;
        if (byte < 0x80) return *value = result, NULL;
    }
    return "a number has more than 10 bytes";
}

static const char *read_varints(struct cursor *c, uint64_t *values, size_t count) {
    const char *wrong = NULL;
    for (size_t i = 0; i < count && !wrong; i++) wrong = read_varint(c, &values[i]);
    return wrong;
}

/* The same for the next event; its time was that of the one before. */
static inline const char *read_event(struct cursor *c, struct event *e) {
    uint64_t apart;
    e->type = *c->at++;
    const char *wrong = read_varint(c, &apart);
    if (wrong) return wrong;
    e->ticks += apart;
    return read_varints(c, e->args, SPECS[e->type].args);
}

/* Gives bytes to the generation. */
static bool copy_data(Reader *r, const uint8_t *at, size_t size) {
    if (!reserve(r, &r->data, size, 1)) return false;
    if (size) memcpy((uint8_t *)r->data.at + r->data.count, at, size);
    r->data.count += size;
    return true;
}

static bool put_varint(Reader *r, uint64_t value) {
    uint8_t bytes[10];
    size_t size = 0;
    for (; value >= 0x80; value >>= 7) bytes[size++] = (uint8_t)(value | 0x80);
    bytes[size++] = (uint8_t)value;
    return copy_data(r, bytes, size);
}

/* Appends an empty batch to those of its thread. */
static bool add_batch(Reader *r, const uint8_t *at, uint64_t id, uint64_t ticks) {
    struct thread *thread = enter_thread(r, id);
    if (!thread) return damaged(r, at, "it has more threads than heapwise wants to read");
    if (!PUSH(r, r->batches, struct batch, (struct batch){ticks, r->data.count, 0, 0}))
        return false;
    size_t batch = r->batches.count;
    if (thread->stream) {
        struct stream *stream = AT(r->streams, struct stream, thread->stream - 1);
        AT(r->batches, struct batch, stream->last - 1)->next = batch;
        stream->last = batch;
        return true;
    }
    if (r->streams.count == UINT32_MAX - 1) return damaged(r, at, "it has too many threads");
    struct stream stream = {.thread = id, .first = batch, .last = batch};
    if (!PUSH(r, r->streams, struct stream, stream)) return false;
    thread->stream = (uint32_t)r->streams.count;
    return true;
}

#endif
