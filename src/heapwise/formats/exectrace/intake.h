/* Version 2 on its way in: batches are checked and kept, tables are read. */
#ifndef HEAPWISE_EXECTRACE_INTAKE_H
#define HEAPWISE_EXECTRACE_INTAKE_H

#include "reader.h"

/* A text under an id, of which the first stays. */
static bool add_text(Reader *r, int64_t id, const uint8_t *at, size_t size) {
    PyObject *key = PyLong_FromLongLong(id);
    PyObject *text = PyUnicode_DecodeUTF8((const char *)at, (Py_ssize_t)size, "replace");
    bool fine = key && text && PyDict_SetDefault(r->strings, key, text);
    Py_XDECREF(key);
    Py_XDECREF(text);
    r->texts_size += size + TEXT_COST;
    return fine;
}

static bool add_string(Reader *r, struct cursor *c, uint64_t longest) {
    const uint8_t *start = c->at;
    uint64_t head[2];
    const char *wrong = read_varints(c, head, 2);
    if (!wrong && head[1] > longest) wrong = "a string is too long";
    if (!wrong && head[1] > (uint64_t)(c->end - c->at)) wrong = CUT;
    if (!wrong && (uint64_t)PyDict_GET_SIZE(r->strings) >= r->most_entries)
        wrong = "it has more strings than heapwise wants to read";
    if (wrong) return damaged(r, start, wrong);
    c->at += head[1];
    return add_text(r, (int64_t)head[0], c->at - head[1], (size_t)head[1]);
}

/* A stack's frames, each a program counter, a function, a file and a line. */
static bool add_frames(Reader *r, struct cursor *c, uint64_t id, uint64_t count, uint64_t longest) {
    const uint8_t *start = c->at;
    size_t before = r->frames.count;
    if (count > longest) return damaged(r, start, "a stack is too deep");
    for (uint64_t frame[4]; count; count--) {
        const char *wrong = read_varints(c, frame, 4);
        if (wrong) return r->frames.count = before, damaged(r, start, wrong);
        if (!reserve(r, &r->frames, 3, sizeof(int64_t))) return false;
        memcpy(AT(r->frames, int64_t, r->frames.count), frame + 1, 3 * sizeof(int64_t));
        r->frames.count += 3;
    }
    return PUSH(r, r->stack_ids, int64_t, (int64_t)id)
        && PUSH(r, r->stack_ends, int64_t, (int64_t)(r->frames.count / 3));
}

static bool add_stack(Reader *r, struct cursor *c) {
    const uint8_t *start = c->at;
    uint64_t head[2];
    const char *wrong = read_varints(c, head, 2);
    return wrong ? damaged(r, start, wrong) : add_frames(r, c, head[0], head[1], 128);
}

/* From its time, processor, goroutine and stack. */
static bool add_sample(Reader *r, uint64_t thread, const uint64_t *v) {
    return PUSH(r, r->samples, struct sample, (struct sample){
        v[0], r->samples.count, (int64_t)thread, (int64_t)v[1], v[2] ? (int64_t)v[2] : -1,
        (int64_t)v[3]});
}

static bool add_cpu_sample(Reader *r, struct cursor *c) {
    const uint8_t *start = c->at;
    uint64_t v[5]; /* time, thread, processor, goroutine, stack */
    const char *wrong = read_varints(c, v, 5);
    if (wrong) return damaged(r, start, wrong);
    return add_sample(r, v[1], (uint64_t[4]){v[0], v[2], v[3], v[4]});
}

static bool set_frequency(Reader *r, struct cursor *c) {
    const uint8_t *start = c->at;
    uint64_t frequency;
    const char *wrong = read_varint(c, &frequency);
    if (!wrong && (!frequency || frequency > 10 * SECOND))
        wrong = "its clock has no such frequency";
    if (wrong) return damaged(r, start, wrong);
    r->frequency = frequency;
    return true;
}

static bool set_snapshot(Reader *r, struct cursor *c, uint64_t ticks) {
    const uint8_t *start = c->at;
    const char *wrong = read_varints(c, r->snapshot, 4);
    if (wrong) return damaged(r, start, wrong);
    r->snapshot[0] += ticks;
    r->has_snapshot = true;
    return true;
}

/* The entries of a batch that is no events. */
static bool add_entries(Reader *r, struct cursor c, uint64_t ticks) {
    static const uint8_t ENTRIES[] = {
        [STACKS] = STACK, [STRINGS] = STRING, [CPU_SAMPLES] = CPU_SAMPLE, [SYNC] = FREQUENCY};
    uint8_t entry = ENTRIES[*c.at++];
    for (bool fine = true; c.at < c.end;) {
        uint8_t type = *c.at++;
        if (type == CLOCK_SNAPSHOT && entry == FREQUENCY) {
            fine = set_snapshot(r, &c, ticks);
        } else if (type != entry) {
            return damaged(r, c.at - 1, "an entry does not belong to its table");
        } else {
            switch (type) {
            case STACK: fine = add_stack(r, &c); break;
            case STRING: fine = add_string(r, &c, 1024); break;
            case CPU_SAMPLE: fine = add_cpu_sample(r, &c); break;
            default: fine = set_frequency(r, &c);
            }
        }
        if (!fine) return false;
    }
    return true;
}

/* ---- version 2 on its way in ----------------------------------------------------------------- */

enum taken { TAKEN, STARVED, COMPLETE, STOPPED_HERE };

/* Events of one thread, up to the first that is none. */
static bool add_events(Reader *r, uint64_t thread, uint64_t ticks, struct cursor c) {
    const uint8_t *start = c.at, *good = c.at;
    struct event event = {.ticks = ticks};
    const char *wrong = NULL;
    while (c.at < c.end && !wrong) {
        good = c.at;
        if (!SPECS[*c.at].kind || *c.at >= OLD)
            wrong = "an event is of no kind that traces have";
        else
            wrong = read_event(&c, &event);
    }
    if (!wrong) good = c.at;
    if (good > start) {
        if (!add_batch(r, start, thread, ticks)) return false;
        if (!copy_data(r, start, (size_t)(good - start))) return false;
        AT(r->batches, struct batch, r->batches.count - 1)->size = (size_t)(good - start);
    }
    return wrong ? damaged(r, good, wrong) : true;
}

static bool add_body(Reader *r, bool experimental, const uint64_t *head, struct cursor body) {
    if (experimental || body.at == body.end) return true;
    switch (*body.at) {
    case SYNC: case STACKS: case STRINGS: case CPU_SAMPLES: return add_entries(r, body, head[2]);
    case FREQUENCY: body.at++; return set_frequency(r, &body);
    }
    return add_events(r, head[1], head[2], body);
}

/* One batch; of the last one of a file what there is of it. */
static enum taken take_batch(Reader *r, struct cursor *c, bool last) {
    const uint8_t *start = c->at;
    uint64_t head[4]; /* generation, thread, time, size */
    uint8_t type = *c->at++;
    if (type == END_OF_GENERATION && r->version >= 26) return r->open ? COMPLETE : TAKEN;
    if (type != EVENT_BATCH && type != EXPERIMENTAL_BATCH)
        return damaged(r, start, "no batch of events begins here"), STOPPED_HERE;
    if (type == EXPERIMENTAL_BATCH && c->at == c->end) return c->at = start, STARVED;
    if (type == EXPERIMENTAL_BATCH) c->at++; /* which one */
    const char *wrong = read_varints(c, head, 4);
    if (wrong && !strcmp(wrong, CUT)) return c->at = start, STARVED;
    if (!wrong && r->open && head[0] != r->number) {
        if (r->version < 26 && head[0] == r->number + 1) return c->at = start, COMPLETE;
        wrong = "generations are mixed up";
    }
    if (!wrong && !head[0]) wrong = "a generation has the number 0";
    if (!wrong && head[3] > 64 << 10) wrong = "a batch is larger than 64 KiB";
    if (!wrong && held(r) + head[3] > r->most_bytes)
        wrong = "a generation has more bytes than heapwise wants to read";
    if (wrong) return damaged(r, start, wrong), STOPPED_HERE;
    struct cursor body = {c->at, c->end};
    bool whole = head[3] <= (uint64_t)(c->end - c->at);
    if (!whole && !last) return c->at = start, STARVED;
    if (whole) body.end = c->at + head[3];
    r->open = true;
    r->number = head[0];
    c->at = body.end;
    if (!add_body(r, type == EXPERIMENTAL_BATCH, head, body)) return STOPPED_HERE;
    if (!whole) damaged(r, body.end, CUT);
    return whole ? TAKEN : STOPPED_HERE;
}

#endif
