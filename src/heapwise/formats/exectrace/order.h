/* One row after the other out of the threads' streams.
 *
 * Clocks of processors may differ by a little, and their units are coarse: what happened first is
 * not always what has the lower time. So an event is held back until that is done which its
 * sequence number says comes before it, as long as any other thread can go on.
 */
#ifndef HEAPWISE_EXECTRACE_ORDER_H
#define HEAPWISE_EXECTRACE_ORDER_H

#include <stdlib.h>

#include "reader.h"

/* ---- time ------------------------------------------------------------------------------------ */

/* ns since the first event; before it, less than 0. */
static int64_t to_ns(const Reader *r, uint64_t ticks) {
    bool later = (int64_t)(ticks - r->anchor_ticks) >= 0;
    uint64_t apart = later ? ticks - r->anchor_ticks : r->anchor_ticks - ticks;
    uint64_t whole = apart / r->ticks_per_second, rest = apart % r->ticks_per_second;
    if (whole > INT32_MAX) whole = INT32_MAX; /* 68 years: no trace is that long */
    int64_t ns = (int64_t)(whole * SECOND + rest * SECOND / r->ticks_per_second);
    ns = r->anchor_ns + (later ? ns : -ns);
    return ns > INT64_MAX / 2 ? INT64_MAX / 2 : ns < -INT64_MAX / 2 ? -INT64_MAX / 2 : ns;
}

/* From here on time passes by another frequency. */
static void set_clock(Reader *r, uint64_t frequency, uint64_t first) {
    if (!r->anchored) {
        r->anchored = true;
        r->anchor_ticks = first;
    } else if (frequency != r->ticks_per_second) {
        r->anchor_ns = to_ns(r, r->last_ticks);
        r->anchor_ticks = r->last_ticks;
    }
    r->ticks_per_second = frequency;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void emit(Reader *r, struct row *row, uint64_t ticks) {
    if (!row->kind) return;
    int64_t ns = to_ns(r, ticks), values[COLUMNS];
    if (ns > r->last_ns) r->last_ns = ns;
    row->time = r->last_ns;
    r->last_ticks = ticks;
    memcpy(values, row, sizeof values);
    for (size_t i = 0; i < COLUMNS; i++) r->columns[i][r->filled] = values[i];
    r->filled++;
}

static void emit_as(Reader *r, const struct row *row, uint64_t ticks, int64_t kind, int64_t a) {
    struct row other = {.kind = kind, .thread = row->thread, .proc = row->proc,
                        .goroutine = row->goroutine, .a = a};
    emit(r, &other, ticks);
}

/* ---- what an event changes ------------------------------------------------------------------- */

static void set_status(Reader *r, struct table *t, uint64_t id, uint8_t status) {
    struct resource *found = find(r, t, id);
    if (found) found->status = status;
}

static void set_sequence(Reader *r, struct table *t, uint64_t id, uint8_t status, uint64_t seq) {
    struct resource *found = enter(r, t, id);
    if (!found) return; /* the table is full: then time alone decides */
    found->status = status;
    found->seq = seq || r->version >= 22 ? seq : found->seq + 1;
    found->generation = r->generation;
}

static void steal_proc(Reader *r, const struct event *e, struct thread *thread, struct row *row) {
    struct resource *proc = find(r, &r->procs, e->args[0]);
    bool lost = proc && proc->status == P_ABANDONED; /* whose it was is not known any more */
    if (lost) row->kind = 0; /* and that it does not run was said */
    struct thread *from = e->args[2] == thread->resource.id
        ? thread : (struct thread *)(void *)find(r, &r->threads, e->args[2]);
    set_sequence(r, &r->procs, e->args[0], P_IDLE, e->args[1]);
    if (!lost && from && from->proc == (int64_t)e->args[0]) from->proc = -1;
}

static void note_proc(Reader *r, const struct event *e, struct thread *thread) {
    struct resource *known = find(r, &r->procs, e->args[0]);
    uint8_t status = e->args[1] <= P_ABANDONED ? (uint8_t)e->args[1] : P_IDLE;
    if (status == P_RUNNING || status == P_SYSCALL) thread->proc = (int64_t)e->args[0];
    if (status == P_ABANDONED && known && known->status == P_SYSCALL) status = P_SYSCALL;
    set_sequence(r, &r->procs, e->args[0], status, 0);
}

/* `thread` is not valid after it. */
static void note_goroutine(Reader *r, const struct event *e, struct thread *thread,
                           struct row *row) {
    uint64_t id = e->args[0], named = e->args[1];
    uint8_t status = e->args[2] <= WAITING ? (uint8_t)e->args[2] : 0;
    row->goroutine = (int64_t)id;
    set_sequence(r, &r->goroutines, id, status, 0);
    if (status == RUNNING || (status == SYSCALL && named == thread->resource.id)) {
        thread->goroutine = (int64_t)id;
    } else if (status == SYSCALL && named != NONE) { /* all the while, on a thread that is silent */
        row->thread = (int64_t)named;
        row->proc = -1;
        thread = enter_thread(r, named);
        if (thread && !thread->spoke) thread->goroutine = (int64_t)id;
        if (thread) thread->spoke = true;
    }
}

static void change_proc(Reader *r, const struct event *e, struct thread *thread, struct row *row) {
    switch (e->type) {
    case PROCS_CHANGE: r->started = true; break;
    case PROC_START:
        set_sequence(r, &r->procs, e->args[0], P_RUNNING, e->args[1]);
        row->proc = thread->proc = (int64_t)e->args[0];
        break;
    case PROC_STOP:
        row->a = thread->proc;
        set_status(r, &r->procs, (uint64_t)thread->proc, P_IDLE);
        thread->proc = -1;
        break;
    case PROC_STEAL: steal_proc(r, e, thread, row); break;
    case PROC_STATUS: note_proc(r, e, thread); break;
    case OLD_PROC_START: row->thread = thread->os = (int64_t)e->args[0]; /* fall through */
    case OLD_PROC_STOP: row->a = thread->proc;
    }
}

/* One goroutine hands its thread to another. */
static void switch_goroutine(Reader *r, const struct event *e, struct thread *thread,
                             struct row *row) {
    bool ends = e->type == GO_SWITCH_DESTROY;
    emit(r, row, e->ticks);
    emit_as(r, row, e->ticks, ends ? DESTROY : BLOCK, ends ? row->goroutine : 0);
    if (ends) leave(r, &r->goroutines, (uint64_t)thread->goroutine);
    else set_status(r, &r->goroutines, (uint64_t)thread->goroutine, WAITING);
    set_sequence(r, &r->goroutines, e->args[0], RUNNING, e->args[1]);
    row->goroutine = thread->goroutine = (int64_t)e->args[0];
    row->kind = START;
}

/* The running goroutine leaves its thread. */
static void leave_thread(Reader *r, struct thread *thread, uint8_t status) {
    if (status) set_status(r, &r->goroutines, (uint64_t)thread->goroutine, status);
    else leave(r, &r->goroutines, (uint64_t)thread->goroutine);
    thread->goroutine = -1;
}

static void change_syscall(Reader *r, const struct event *e, struct thread *thread,
                           struct row *row) {
    uint64_t running = (uint64_t)thread->goroutine;
    switch (e->type) {
    case GO_SYSCALL_BEGIN:
        set_status(r, &r->goroutines, running, SYSCALL);
        set_sequence(r, &r->procs, (uint64_t)thread->proc, P_SYSCALL, e->args[0]);
        break;
    case GO_SYSCALL_END:
        set_status(r, &r->goroutines, running, RUNNING);
        set_status(r, &r->procs, (uint64_t)thread->proc, P_RUNNING);
        break;
    case GO_SYSCALL_END_BLOCKED:
        row->a = 1;
        leave_thread(r, thread, RUNNABLE);
        break;
    case GO_DESTROY_SYSCALL:
        row->a = thread->goroutine;
        if (thread->proc >= 0) {
            emit_as(r, row, e->ticks, P_STOP, thread->proc);
            set_status(r, &r->procs, (uint64_t)thread->proc, P_ABANDONED);
            thread->proc = -1;
        }
        leave_thread(r, thread, 0);
        break;
    case OLD_SYSCALL: /* how long it took was not written, as it was short */
        emit(r, row, e->ticks);
        *row = (struct row){.kind = SYS_END, .thread = row->thread, .proc = row->proc,
                            .goroutine = row->goroutine};
        break;
    case OLD_SYS_BLOCK: leave_thread(r, thread, WAITING); break;
    case OLD_SYS_EXIT:
        row->a = 1;
        row->goroutine = (int64_t)e->args[0];
        set_sequence(r, &r->goroutines, e->args[0], RUNNABLE, e->args[1]);
    }
}

static void create_goroutine(Reader *r, const struct event *e, struct row *row) {
    bool waits = e->type == GO_CREATE_BLOCKED;
    set_sequence(r, &r->goroutines, e->args[0], waits ? WAITING : RUNNABLE, 0);
    row->c = waits ? CREATED_BLOCKED : 0;
    if (e->type == GO_CREATE || waits) return;
    /* version 1 has no sequence before the first event, and begins with creating what exists */
    struct resource *new = find(r, &r->goroutines, e->args[0]);
    if (new) new->seq = 0;
    if (r->started) return;
    *row = (struct row){.kind = e->type == OLD_CREATE ? STATUS : 0, .thread = row->thread,
        .proc = row->proc, .goroutine = (int64_t)e->args[0], .a = row->a, .b = RUNNABLE};
}

/* `thread` is not valid after it. */
static void change_goroutine(Reader *r, const struct event *e, struct thread *thread,
                             struct row *row) {
    switch (e->type) {
    case GO_CREATE: case GO_CREATE_BLOCKED: case OLD_CREATE: case OLD_CREATE_BLOCKED:
        create_goroutine(r, e, row);
        break;
    case GO_CREATE_SYSCALL:
        set_sequence(r, &r->goroutines, e->args[0], SYSCALL, 0);
        thread->goroutine = (int64_t)e->args[0];
        row->c = CREATED_IN_SYSCALL;
        break;
    case GO_START:
        set_sequence(r, &r->goroutines, e->args[0], RUNNING, e->args[1]);
        row->goroutine = thread->goroutine = (int64_t)e->args[0];
        break;
    case GO_DESTROY:
        row->a = thread->goroutine;
        leave_thread(r, thread, 0);
        break;
    case GO_STOP: leave_thread(r, thread, RUNNABLE); break;
    case GO_BLOCK: leave_thread(r, thread, WAITING); break;
    case GO_UNBLOCK: set_sequence(r, &r->goroutines, e->args[0], RUNNABLE, e->args[1]); break;
    case GO_SWITCH: case GO_SWITCH_DESTROY: switch_goroutine(r, e, thread, row); break;
    case GO_STATUS: case GO_STATUS_STACK: note_goroutine(r, e, thread, row); break;
    case OLD_WAITING: case OLD_IN_SYSCALL:
        row->goroutine = row->a;
        row->b = e->type == OLD_WAITING ? WAITING : SYSCALL;
        set_sequence(r, &r->goroutines, e->args[0], WAITING, 0);
    }
}

static void change_world(Reader *r, const struct event *e, struct row *row) {
    switch (e->type) {
    case STW_BEGIN: r->stop_reason = row->a; break;
    case STW_END: row->a = r->stop_reason; break;
    case GC_ACTIVE: case GC_BEGIN: case GC_END:
        r->gc_seq = e->args[0];
        r->gc_known = true;
        break;
    case ASSIST_ACTIVE: row->goroutine = row->a; break;
    default:
        if (row->kind != OTHER) break;
        row->a = e->type;
        row->b = SPECS[e->type].args > 0 ? (int64_t)e->args[0] : 0;
        row->c = SPECS[e->type].args > 1 ? (int64_t)e->args[1] : 0;
    }
}

/* Takes an event as it is. */
static void apply(Reader *r, const struct stream *stream) {
    const struct event *e = &stream->event;
    const struct spec *s = &SPECS[e->type];
    struct thread *thread = (struct thread *)(void *)find(r, &r->threads, stream->thread);
    if (!thread) return;
    thread->spoke = true;
#define ARG(number) ((number) ? (int64_t)e->args[(number) - 1] : 0)
    struct row row = {.kind = s->kind, .thread = thread->os, .proc = thread->proc,
                      .goroutine = thread->goroutine, .stack = ARG(s->stack), .a = ARG(s->a),
                      .b = ARG(s->b), .c = ARG(s->c)};
    change_world(r, e, &row);
    change_proc(r, e, thread, &row);
    change_syscall(r, e, thread, &row);
    change_goroutine(r, e, thread, &row);
    emit(r, &row, e->ticks);
}

/* ---- what comes next ------------------------------------------------------------------------- */

/* Whether it is known in this state, and this is the next that happens to it. */
static bool is_next(const Reader *r, const struct table *t, uint64_t id, uint8_t status,
                    uint64_t seq) {
    const struct resource *found = find(r, t, id);
    return found && found->status == status && found->generation == r->generation
        && (seq == found->seq + 1 || (!seq && r->version < 22));
}

/* Whether all is done that must come before an event. */
static bool is_ready(const Reader *r, const struct stream *stream) {
    const struct event *e = &stream->event;
    const struct thread *thread;
    const struct resource *proc;
    switch (e->type) {
    case GO_START: return is_next(r, &r->goroutines, e->args[0], RUNNABLE, e->args[1]);
    case GO_UNBLOCK: case GO_SWITCH: case GO_SWITCH_DESTROY: case OLD_SYS_EXIT:
        return is_next(r, &r->goroutines, e->args[0], WAITING, e->args[1]);
    case OLD_WAITING: case OLD_IN_SYSCALL:
        return is_next(r, &r->goroutines, e->args[0], RUNNABLE, 0);
    case PROC_START:
        thread = (const struct thread *)(const void *)find(r, &r->threads, stream->thread);
        return thread && thread->proc == -1
            && is_next(r, &r->procs, e->args[0], P_IDLE, e->args[1]);
    case PROC_STEAL:
        return is_next(r, &r->procs, e->args[0], P_SYSCALL, e->args[1])
            || is_next(r, &r->procs, e->args[0], P_ABANDONED, e->args[1]);
    case GO_SYSCALL_END_BLOCKED:
        thread = (const struct thread *)(const void *)find(r, &r->threads, stream->thread);
        proc = thread ? find(r, &r->procs, (uint64_t)thread->proc) : NULL;
        return !proc || proc->status != P_SYSCALL;
    case GC_ACTIVE: return r->generation == 1 || e->args[0] == r->gc_seq + 1;
    case GC_BEGIN: case GC_END: return !r->gc_known || e->args[0] == r->gc_seq + 1;
    default: return true;
    }
}

static bool is_earlier(const struct stream *a, const struct stream *b) {
    return a->event.ticks < b->event.ticks || (a->event.ticks == b->event.ticks && a < b);
}

#define HEAP(r) ((struct stream **)(r)->heap.at)

static void exchange(Reader *r, size_t i, size_t j) {
    struct stream *kept = HEAP(r)[i];
    HEAP(r)[i] = HEAP(r)[j];
    HEAP(r)[j] = kept;
}

/* Restores the heap's order where the stream at `i` went on. */
static void settle(Reader *r, size_t i) {
    for (; i && is_earlier(HEAP(r)[i], HEAP(r)[(i - 1) / 2]); i = (i - 1) / 2)
        exchange(r, i, (i - 1) / 2);
    for (size_t child; (child = 2 * i + 1) < r->heap.count; i = child) {
        if (child + 1 < r->heap.count && is_earlier(HEAP(r)[child + 1], HEAP(r)[child])) child++;
        if (!is_earlier(HEAP(r)[child], HEAP(r)[i])) return;
        exchange(r, i, child);
    }
}

/* The stream that goes on: the earliest that is ready. A trace that is whole always has one; in any
 * other the earliest goes on, and so it does where searching has cost too much. */
static size_t choose(Reader *r) {
    size_t best = 0;
    if (is_ready(r, HEAP(r)[0])) return 0;
    if (r->patience >= r->heap.count) {
        r->patience -= r->heap.count;
        for (size_t i = 1; i < r->heap.count; i++)
            if ((!best || is_earlier(HEAP(r)[i], HEAP(r)[best])) && is_ready(r, HEAP(r)[i]))
                best = i;
    }
    if (!best) r->disordered++;
    return best;
}

/* Reads the next event of a thread; false at its end. */
static bool advance(const Reader *r, struct stream *stream) {
    while (stream->rest.at == stream->rest.end) {
        if (!stream->first) return false;
        const struct batch *batch = AT(r->batches, struct batch, stream->first - 1);
        const uint8_t *data = (const uint8_t *)r->data.at + batch->at;
        stream->rest = (struct cursor){data, data + batch->size};
        stream->event.ticks = batch->ticks;
        stream->first = batch->next;
    }
    return !read_event(&stream->rest, &stream->event);
}

static int compare_samples(const void *left, const void *right) {
    const struct sample *a = left, *b = right;
    if (a->ticks != b->ticks) return a->ticks < b->ticks ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* From a generation that is complete to its first row. */
static bool begin_merge(Reader *r) {
    if (!reserve(r, &r->heap, r->streams.count, sizeof(struct stream *))) return false;
    for (size_t i = 0; i < r->streams.count; i++) {
        struct stream *stream = AT(r->streams, struct stream, i);
        if (!advance(r, stream)) continue;
        HEAP(r)[r->heap.count++] = stream;
        settle(r, r->heap.count - 1);
    }
    if (r->samples.count)
        qsort(r->samples.at, r->samples.count, sizeof(struct sample), compare_samples);
    uint64_t first = r->heap.count      ? HEAP(r)[0]->event.ticks
                     : r->samples.count ? AT(r->samples, struct sample, 0)->ticks
                                        : r->snapshot[0];
    /* A trace that is cut has lost it: then it is that of before, or what Go usually has. */
    uint64_t usual = r->version < 22 ? SECOND : SECOND / 64;
    set_clock(r, r->frequency ? r->frequency : r->anchored ? r->ticks_per_second : usual, first);
    r->generation++;
    r->stop_reason = 0;
    return r->merging = true;
}

/* Fills rows; false where no event is left. */
static bool fill(Reader *r, size_t room) {
    r->filled = 0;
    while (r->filled + MOST_ROWS <= room) {
        const struct sample *sample = r->next_sample < r->samples.count
            ? AT(r->samples, struct sample, r->next_sample) : NULL;
        if (sample && (!r->heap.count || sample->ticks < HEAP(r)[0]->event.ticks)) {
            struct row row = {0, SAMPLE, sample->thread, sample->proc, sample->goroutine,
                              sample->stack, 0, 0, 0};
            emit(r, &row, sample->ticks);
            r->next_sample++;
            continue;
        }
        if (!r->heap.count) return r->filled > 0;
        size_t i = choose(r);
        apply(r, HEAP(r)[i]);
        if (r->patience < 1 << 22) r->patience += 64;
        if (!advance(r, HEAP(r)[i])) exchange(r, i, --r->heap.count);
        if (i < r->heap.count) settle(r, i);
    }
    return true;
}

#endif
