/* profile.proto from and to columns.
 *
 * `decode` goes over the bytes twice. The first pass counts and keeps the limits, then every column
 * is allocated once, at its size, and the second pass fills it. Both read with the same functions,
 * so nothing is written that was not counted. The data may be hostile: no length in it is believed,
 * ids are looked up and never used as positions, and nothing recurs.
 *
 * `encode` goes over its columns twice as well: to measure, and to write.
 *
 * Other threads may run meanwhile, but not change the arguments.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as the columns' numpy types are");

/* The fields of a profile that are told apart here. */
enum { SAMPLE_TYPE = 1, SAMPLE, MAPPING, LOCATION, FUNCTION, STRING, DROP_FRAMES,
       PERIOD_TYPE = 11, COMMENT = 13, DOC_URL = 15, FIELDS };

/* ---- columns: rows as numpy has them, without padding ---------------------------------------- */

#define ROW struct __attribute__((packed))
ROW value_type { int64_t type, unit; };
ROW function { uint32_t name, system_name, filename; int64_t start_line; };
ROW line { uint32_t function; int64_t line, column; };
ROW location { int32_t mapping; uint64_t address; uint8_t folded; };
ROW label { uint32_t key, str; int64_t num; uint32_t num_unit; };
ROW mapping {
    uint64_t start, limit, offset;
    uint32_t filename, build_id;
    uint8_t has_functions, has_filenames, has_line_numbers, has_inline_frames;
};

#define COLUMNS(X)                                                                    \
    X(header, int64_t) /* what is one number in the profile, by field number */       \
    X(period_type, struct value_type)                                                 \
    X(sample_types, struct value_type)                                                \
    X(comments, int64_t)                                                              \
    X(strings, char)                                                                  \
    X(string_offsets, int64_t)                                                        \
    X(mappings, struct mapping)                                                       \
    X(functions, struct function)                                                     \
    X(locations, struct location)                                                     \
    X(line_offsets, int64_t)                                                          \
    X(lines, struct line)                                                             \
    X(values, int64_t)                                                                \
    X(stacks, uint32_t)                                                               \
    X(stack_offsets, int64_t)                                                         \
    X(stack_locations, uint32_t)                                                      \
    X(label_offsets, int64_t)                                                         \
    X(labels, struct label)

struct columns {
#define MEMBER(name, type) struct { type *at; size_t count, filled; } name;
    COLUMNS(MEMBER)
};

enum {
#define NUMBER(name, type) COLUMN_##name,
    COLUMNS(NUMBER) COLUMN_COUNT
};

/* What the fields of a message are to its row, in both directions. */
enum kind { ABSENT, ID, PLAIN, TEXT, MAPPING_ID, FUNCTION_ID };
#define HIGHEST 10 /* field number */
struct message { struct { enum kind kind; size_t offset, size; } field[HIGHEST + 1]; };

#define IN(row, member, kind) {kind, offsetof(struct row, member), sizeof((struct row){0}.member)}

static const struct message VALUE_TYPES = {{
    [1] = IN(value_type, type, PLAIN), [2] = IN(value_type, unit, PLAIN)}};
static const struct message LABELS = {{
    [1] = IN(label, key, TEXT), [2] = IN(label, str, TEXT), [3] = IN(label, num, PLAIN),
    [4] = IN(label, num_unit, TEXT)}};
static const struct message MAPPINGS = {{
    [1] = {ID, 0, 0}, [2] = IN(mapping, start, PLAIN), [3] = IN(mapping, limit, PLAIN),
    [4] = IN(mapping, offset, PLAIN), [5] = IN(mapping, filename, TEXT),
    [6] = IN(mapping, build_id, TEXT), [7] = IN(mapping, has_functions, PLAIN),
    [8] = IN(mapping, has_filenames, PLAIN), [9] = IN(mapping, has_line_numbers, PLAIN),
    [10] = IN(mapping, has_inline_frames, PLAIN)}};
static const struct message LOCATIONS = {{
    [1] = {ID, 0, 0}, [2] = IN(location, mapping, MAPPING_ID),
    [3] = IN(location, address, PLAIN), [5] = IN(location, folded, PLAIN)}};
static const struct message LINES = {{
    [1] = IN(line, function, FUNCTION_ID), [2] = IN(line, line, PLAIN),
    [3] = IN(line, column, PLAIN)}};
static const struct message FUNCTIONS = {{
    [1] = {ID, 0, 0}, [2] = IN(function, name, TEXT), [3] = IN(function, system_name, TEXT),
    [4] = IN(function, filename, TEXT), [5] = IN(function, start_line, PLAIN)}};

/* ---- the wire format ------------------------------------------------------------------------- */

enum { VARINT, FIXED64, BYTES, FIXED32 = 5 };
#define LEN(number) ((number) << 3 | BYTES)
#define NUM(number) ((number) << 3 | VARINT)
#define NO_FIELD "the field at byte {at:,} belongs to no profile"

struct cursor { const uint8_t *at, *end; };

struct field {
    uint64_t tag;       /* number << 3 | wire type */
    uint64_t value;     /* of a varint */
    struct cursor body; /* the bytes of the value; those of a varint are a packed list of one */
};

/* What is wrong with the next number, as a text over `damage`; NULL if nothing is. */
static inline const char *read_varint(struct cursor *c, uint64_t *value) {
    uint64_t result = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (c->at == c->end) return "it breaks off inside a field at byte {stop:,}";
        uint64_t byte = *c->at++;
        result |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = result;
            return NULL;
        }
    }
    return "a number of more than 10 bytes ends at byte {stop:,}";
}

/* The same for the next field. */
static inline const char *read_field(struct cursor *c, struct field *f) {
    uint64_t size = 0;
    const char *wrong = read_varint(c, &f->tag);
    if (wrong) return wrong;
    f->body.at = c->at;
    switch (f->tag & 7) {
    case VARINT: wrong = read_varint(c, &f->value); break;
    case FIXED64: size = 8; break;
    case FIXED32: size = 4; break;
    case BYTES:
        wrong = read_varint(c, &size);
        f->body.at = c->at;
        break;
    default: return "wire type {count} at byte {at:,}, which profiles do not use";
    }
    if (wrong) return wrong;
    if (size > (uint64_t)(c->end - c->at))
        return "the field at byte {at:,} is longer than what is left";
    c->at += size;
    f->body.end = c->at;
    return f->tag >> 3 ? NULL : NO_FIELD;
}

/* The numbers of a message by field number; of a field given twice the last. */
static bool read_numbers(struct cursor body, uint64_t *numbers) {
    struct field f = {0};
    while (body.at < body.end) {
        if (read_field(&body, &f)) return false;
        if ((f.tag & 7) == VARINT && f.tag >> 3 <= HIGHEST) numbers[f.tag >> 3] = f.value;
    }
    return true;
}

/* How many varints end in a packed list. */
static size_t count_varints(struct cursor list) {
    size_t count = 0;
    for (; list.at < list.end; list.at++) count += *list.at < 0x80;
    return count;
}

/* ---- decoding: state ------------------------------------------------------------------------- */

/* Why the data is no profile: a format string of Python's over the other members. */
struct damage {
    const char *text, *table;
    const uint8_t *at, *stop;
    uint64_t entry, id, named, count, limit;
    int64_t index;
};

/* A field of the profile that may come many times. Entries are found by key: for mappings,
 * locations and functions that is their id, for samples the hash of their stack. */
struct table {
    const char *name;
    uint64_t most, longest; /* entries, and bytes of each, allowed */
    uint64_t count;
    struct cursor range; /* from the first to the last of them */
    uint64_t *keys;      /* by index, and how many are known */
    uint64_t known;
    uint32_t *slots; /* by hash of the key: index + 1 */
    uint64_t mask;
};

struct limits { unsigned long long samples, entries, frames, unknown, nested, message, string; };

struct reader {
    struct cursor data;
    struct limits limits;
    unsigned long long secret;
    struct table tables[FIELDS];
    struct columns columns;
    int64_t header[FIELDS];
    struct value_type period_type;
    uint64_t header_bytes, unknown;
    struct field entry;  /* the field of the profile that is being read, */
    uint64_t number, id; /* its number in its table, and its id */
    struct damage damage;
    uint64_t depth, hash; /* of the stack that is being read to the end of stack_locations */
};

/* False, for a reason; what is not said about the place is that of the entry being read. */
#define DAMAGED(...) damaged(r, (struct damage){.text = __VA_ARGS__})

static bool damaged(struct reader *r, struct damage damage) {
    r->damage = damage;
    if (!damage.at) r->damage.at = r->entry.body.at;
    if (!damage.table) {
        r->damage.table = r->tables[r->entry.tag >> 3].name;
        r->damage.entry = r->number;
    }
    return false;
}

#define MALFORMED DAMAGED("the {one} at byte {at:,} is not well-formed")

/* The secret keeps the maker of a profile from choosing many ids or stacks of equal hash. */
static inline uint64_t mix(const struct reader *r, uint64_t hash, uint64_t value) {
    __extension__ unsigned __int128 product = (unsigned __int128)(hash ^ value) * (r->secret | 1);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* ---- decoding: the count pass ---------------------------------------------------------------- */

static bool count_sample(struct reader *r, struct cursor body) {
    struct field f;
    size_t frames = 0;
    while (body.at < body.end) {
        if (read_field(&body, &f)) return MALFORMED;
        switch (f.tag) {
        case LEN(1): case NUM(1): frames += count_varints(f.body); break;
        case LEN(2): case NUM(2): r->columns.values.count += count_varints(f.body); break;
        case LEN(3): r->columns.labels.count++; break;
        }
    }
    r->columns.stack_locations.count += frames;
    if (frames > r->limits.frames)
        return DAMAGED("sample {entry} at byte {at} has {count:,} locations, more than {limit:,}",
                       .count = frames, .limit = r->limits.frames);
    return r->columns.labels.count <= r->limits.nested
        || DAMAGED("more than {limit:,} labels, reached in sample {entry} at byte {at}",
                   .limit = r->limits.nested);
}

static bool count_location(struct reader *r, struct cursor body) {
    struct field f;
    while (body.at < body.end) {
        if (read_field(&body, &f)) return MALFORMED;
        r->columns.lines.count += f.tag == LEN(4);
    }
    return r->columns.lines.count <= r->limits.nested
        || DAMAGED("more than {limit:,} lines in its locations", .limit = r->limits.nested);
}

static bool count_entry(struct reader *r, const struct field *f, const uint8_t *start) {
    struct table *t = &r->tables[f->tag >> 3];
    uint64_t size = (uint64_t)(f->body.end - f->body.at);
    r->number = t->count;
    if ((f->tag & 7) != BYTES)
        return DAMAGED("field {id} at byte {at:,} has wire type {count}, not 2", .at = start,
                       .id = f->tag >> 3, .count = f->tag & 7);
    if (t->count >= t->most)
        return DAMAGED("more than {limit:,} {table}, reached at byte {at:,}", .limit = t->most);
    if (size > t->longest)
        return DAMAGED("one of the {table} takes {count:,} bytes at byte {at:,}, "
                       "more than the limit of {limit:,}", .count = size, .limit = t->longest);
    t->count++;
    switch (f->tag) {
    case LEN(SAMPLE): return count_sample(r, f->body);
    case LEN(LOCATION): return count_location(r, f->body);
    case LEN(STRING):
        r->columns.strings.count += size;
        return t->count > 1 || !size || DAMAGED("string 0 at byte {at:,} is not empty");
    }
    return true;
}

static bool count_header(struct reader *r, const struct field *f) {
    uint64_t n[HIGHEST + 1] = {0, (uint64_t)r->period_type.type, (uint64_t)r->period_type.unit};
    switch (f->tag) {
    case LEN(SAMPLE_TYPE): r->columns.sample_types.count++; break;
    case NUM(COMMENT): case LEN(COMMENT):
        r->columns.comments.count += count_varints(f->body); break;
    case LEN(PERIOD_TYPE):
        if (!read_numbers(f->body, n)) return MALFORMED;
        r->period_type = (struct value_type){(int64_t)n[1], (int64_t)n[2]};
        break;
    }
    if ((f->tag & 7) == VARINT) r->header[f->tag >> 3] = (int64_t)f->value;
    return true;
}

static bool count_field(struct reader *r, const struct field *f, struct cursor whole) {
    uint64_t number = f->tag >> 3;
    if (number >= FIELDS) /* a later version of the format may have more, but not millions */
        return ++r->unknown <= r->limits.unknown || DAMAGED(NO_FIELD, .at = whole.at);
    struct cursor *range = &r->tables[number].range;
    *range = (struct cursor){range->at ? range->at : whole.at, whole.end};
    r->entry = *f;
    if (number >= SAMPLE && number <= STRING) return count_entry(r, f, whole.at);
    r->header_bytes += (uint64_t)(whole.end - whole.at);
    if (r->header_bytes > r->limits.message)
        return DAMAGED("more than {limit:,} bytes outside the tables", .limit = r->limits.message);
    return count_header(r, f);
}

static bool count_pass(struct reader *r) {
    struct cursor c = r->data;
    struct field f = {0};
    while (c.at < c.end) {
        const uint8_t *start = c.at;
        const char *wrong = read_field(&c, &f);
        if (wrong) return DAMAGED(wrong, .at = start, .stop = c.at, .count = f.tag & 7);
        if (!count_field(r, &f, (struct cursor){start, c.at})) return false;
    }
    if (!r->tables[STRING].count) return DAMAGED("it has no string table");
    return r->columns.sample_types.count || DAMAGED("it has no sample types");
}

/* ---- decoding: the fill pass ----------------------------------------------------------------- */

#define NOWHERE UINT32_MAX
#define NEXT(column) (&r->columns.column.at[r->columns.column.filled++])

/* Where an id is, or would be, among those that are not index + 1 themselves. */
static uint32_t *slot_of(const struct reader *r, const struct table *t, uint64_t id) {
    uint64_t slot = mix(r, r->secret, id) & t->mask;
    while (t->slots[slot] && t->keys[t->slots[slot] - 1] != id) slot = (slot + 1) & t->mask;
    return &t->slots[slot];
}

/* The index of an id, or NOWHERE. */
static inline uint32_t find(const struct reader *r, unsigned number, uint64_t id) {
    const struct table *t = &r->tables[number];
    if (id - 1 < t->known && t->keys[id - 1] == id) /* nearly everybody numbers them so */
        return (uint32_t)(id - 1);
    return *slot_of(r, t, id) - 1;
}

static bool add_id(struct reader *r, uint64_t id) {
    unsigned number = (unsigned)(r->entry.tag >> 3);
    struct table *t = &r->tables[number];
    r->id = id;
    if (id == 0) return DAMAGED("the {one} at byte {at:,} has the reserved id 0");
    if (find(r, number, id) != NOWHERE)
        return DAMAGED("two {table} have the id {id}, the second at byte {at:,}", .id = id);
    t->keys[t->known++] = id;
    if (id != t->known) *slot_of(r, t, id) = (uint32_t)t->known;
    return true;
}

static bool find_named(struct reader *r, unsigned number, uint64_t *id) {
    uint32_t index = find(r, number, *id);
    if (index == NOWHERE && (*id || number != MAPPING)) /* mapping 0 is none */
        return DAMAGED("location {id} names {one} {named}, which is not in the profile",
                       .id = r->id, .table = r->tables[number].name, .named = *id);
    *id = index;
    return true;
}

static bool read_row(struct reader *r, const struct message *m, struct cursor body, void *row) {
    uint64_t n[HIGHEST + 1] = {0}, strings = r->tables[STRING].count;
    bool fine = true;
    if (!read_numbers(body, n)) return MALFORMED;
    for (int i = 1; i <= HIGHEST && fine; i++) {
        switch (m->field[i].kind) {
        case ABSENT: continue;
        case PLAIN: break;
        case ID: fine = add_id(r, n[i]); break;
        case MAPPING_ID: fine = find_named(r, MAPPING, &n[i]); break;
        case FUNCTION_ID: fine = find_named(r, FUNCTION, &n[i]); break;
        case TEXT:
            fine = n[i] < strings
                || DAMAGED("entry {entry} of its {table} names string {index:,} of {limit:,}",
                           .table = m == &LABELS ? "labels" : NULL,
                           .entry = r->columns.labels.filled - 1,
                           .index = (int64_t)n[i], .limit = strings);
        }
        if (m->field[i].size == 1) n[i] = n[i] != 0; /* a flag */
        memcpy((char *)row + m->field[i].offset, &n[i], m->field[i].size);
    }
    return fine;
}

static bool read_list(struct reader *r, struct cursor list, int64_t *next, size_t *filled) {
    for (uint64_t value; list.at < list.end; next[(*filled)++] = (int64_t)value)
        if (read_varint(&list, &value)) return MALFORMED;
    return true;
}

static bool fill_string(struct reader *r, struct cursor string) {
    size_t size = (size_t)(string.end - string.at);
    memcpy(r->columns.strings.at + r->columns.strings.filled, string.at, size);
    r->columns.strings.filled += size;
    *NEXT(string_offsets) = (int64_t)r->columns.strings.filled;
    return true;
}

static bool fill_location(struct reader *r, struct cursor body) {
    struct field f;
    if (!read_row(r, &LOCATIONS, body, NEXT(locations))) return false;
    while (body.at < body.end) {
        if (read_field(&body, &f)) return MALFORMED;
        if (f.tag == LEN(4) && !read_row(r, &LINES, f.body, NEXT(lines))) return false;
    }
    *NEXT(line_offsets) = (int64_t)r->columns.lines.filled;
    return true;
}

/* Doubles the part of the slots that is in use: of few stacks, as most profiles have, it stays in
 * the cache. */
static void spread(struct table *t) {
    t->mask = 2 * t->mask + 1;
    memset(t->slots, 0, (t->mask + 1) * sizeof *t->slots);
    for (uint32_t i = 0; i < t->known; i++) {
        uint64_t slot = t->keys[i] & t->mask;
        while (t->slots[slot]) slot = (slot + 1) & t->mask;
        t->slots[slot] = i + 1;
    }
}

/* The id of the stack just read. */
static uint32_t intern_stack(struct reader *r) {
    struct table *t = &r->tables[SAMPLE];
    const int64_t *offsets = r->columns.stack_offsets.at;
    const uint32_t *locations = r->columns.stack_locations.at;
    const uint32_t *read = locations + r->columns.stack_locations.filled;
    uint64_t slot = r->hash & t->mask;
    for (uint32_t known; t->slots[slot]; slot = (slot + 1) & t->mask) {
        known = t->slots[slot] - 1;
        if (t->keys[known] == r->hash && offsets[known + 1] - offsets[known] == (int64_t)r->depth
            && !memcmp(locations + offsets[known], read, r->depth * sizeof *read))
            return known;
    }
    t->keys[t->known++] = r->hash;
    t->slots[slot] = (uint32_t)t->known;
    if (t->mask < 2 * t->known) spread(t);
    r->columns.stack_locations.filled += r->depth;
    *NEXT(stack_offsets) = (int64_t)r->columns.stack_locations.filled;
    return (uint32_t)t->known - 1;
}

static bool read_frames(struct reader *r, struct cursor list) {
    uint32_t *next = r->columns.stack_locations.at + r->columns.stack_locations.filled + r->depth;
    uint64_t id, hash = r->hash; /* in a register: there are tens of millions of frames */
    for (; list.at < list.end; r->depth++) {
        if (read_varint(&list, &id)) return MALFORMED;
        uint32_t location = find(r, LOCATION, id);
        if (location == NOWHERE)
            return DAMAGED("sample {entry} at byte {at} names location {named}, "
                           "which is not in the profile", .named = id);
        *next++ = location;
        hash = mix(r, hash, location);
    }
    r->hash = hash;
    return true;
}

static bool fill_sample(struct reader *r, struct cursor body) {
    struct columns *c = &r->columns;
    struct field f;
    size_t before = c->values.filled;
    r->depth = 0;
    r->hash = r->secret;
    for (bool fine = true; body.at < body.end;) {
        if (read_field(&body, &f)) return MALFORMED;
        switch (f.tag) {
        case NUM(1): case LEN(1): fine = read_frames(r, f.body); break;
        case NUM(2): case LEN(2):
            fine = read_list(r, f.body, c->values.at, &c->values.filled); break;
        case LEN(3): fine = read_row(r, &LABELS, f.body, NEXT(labels)); break;
        }
        if (!fine) return false;
    }
    *NEXT(stacks) = intern_stack(r);
    *NEXT(label_offsets) = (int64_t)c->labels.filled;
    return c->values.filled - before == c->sample_types.count
        || DAMAGED("sample {entry} at byte {at} has {count} values for {limit} sample types",
                   .count = c->values.filled - before, .limit = c->sample_types.count);
}

static bool fill_entry(struct reader *r, const struct field *f) {
    struct columns *c = &r->columns;
    switch (f->tag) {
    case LEN(SAMPLE_TYPE): return read_row(r, &VALUE_TYPES, f->body, NEXT(sample_types));
    case LEN(SAMPLE): return fill_sample(r, f->body);
    case LEN(MAPPING): return read_row(r, &MAPPINGS, f->body, NEXT(mappings));
    case LEN(LOCATION): return fill_location(r, f->body);
    case LEN(FUNCTION): return read_row(r, &FUNCTIONS, f->body, NEXT(functions));
    case LEN(STRING): return fill_string(r, f->body);
    case NUM(COMMENT): case LEN(COMMENT):
        return read_list(r, f->body, c->comments.at, &c->comments.filled);
    }
    return true;
}

static bool fill_pass(struct reader *r) {
    /* Every table comes after those that its entries refer to, wherever they stand in the data. */
    static const unsigned char ORDER[] = {
        SAMPLE_TYPE, COMMENT, STRING, MAPPING, FUNCTION, LOCATION, SAMPLE};
    struct field *f = &r->entry;
    memcpy(r->columns.header.at, r->header, sizeof r->header);
    *r->columns.period_type.at = r->period_type;
    *NEXT(string_offsets) = *NEXT(line_offsets) = *NEXT(stack_offsets) = *NEXT(label_offsets) = 0;
    for (size_t i = 0; i < sizeof ORDER; i++) {
        struct cursor c = r->tables[ORDER[i]].range;
        for (r->number = 0; c.at < c.end && !read_field(&c, f);) {
            if (f->tag >> 3 != ORDER[i]) continue;
            if (!fill_entry(r, f)) return false;
            r->number++;
        }
    }
    return true;
}

/* ---- decoding: memory and Python ------------------------------------------------------------- */

static bool allocate_columns(struct reader *r, PyObject **objects) {
    struct columns *c = &r->columns;
    c->header.count = FIELDS;
    c->period_type.count = 1;
    c->string_offsets.count = r->tables[STRING].count + 1;
    c->mappings.count = r->tables[MAPPING].count;
    c->functions.count = r->tables[FUNCTION].count;
    c->locations.count = r->tables[LOCATION].count;
    c->line_offsets.count = c->locations.count + 1;
    c->stacks.count = r->tables[SAMPLE].count;
    c->label_offsets.count = c->stacks.count + 1;
    c->stack_offsets.count = c->stacks.count + 1; /* if no stack comes twice */
#define ALLOCATE(name, type)                                                            \
    objects[COLUMN_##name] =                                                            \
        PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(c->name.count * sizeof(type)));    \
    if (!objects[COLUMN_##name])                                                        \
        return false;                                                                   \
    c->name.at = (type *)(void *)PyBytes_AS_STRING(objects[COLUMN_##name]);
    COLUMNS(ALLOCATE)
    return true;
}

static bool allocate_slots(struct reader *r) {
    bool fine = true;
    for (struct table *t = &r->tables[SAMPLE]; t <= &r->tables[FUNCTION]; t++) {
        t->mask = 1; /* at most half full and never empty, so that searches end */
        while (t->mask < 2 * t->count) t->mask = 2 * t->mask + 1;
        t->keys = PyMem_RawMalloc(t->count * sizeof *t->keys);
        t->slots = PyMem_RawCalloc(t->mask + 1, sizeof *t->slots);
        fine = fine && t->keys && t->slots;
    }
    r->tables[SAMPLE].mask = 1;
    return fine || PyErr_NoMemory();
}

static void raise_damage(const struct reader *r) {
    const struct damage *d = &r->damage;
    PyObject *args = Py_BuildValue(
        "(s{s:s,s:n,s:n,s:K,s:K,s:K,s:K,s:K,s:L})", d->text, "table", d->table,
        "at", d->at ? d->at - r->data.at : 0, "stop", d->stop ? d->stop - r->data.at : 0,
        "entry", d->entry, "id", d->id, "named", d->named, "count", d->count, "limit", d->limit,
        "index", d->index);
    if (args) PyErr_SetObject(PyExc_ValueError, args);
    Py_XDECREF(args);
}

static bool read_profile(struct reader *r, PyObject **objects) {
    bool fine;
    Py_BEGIN_ALLOW_THREADS
    fine = count_pass(r);
    Py_END_ALLOW_THREADS
    if (fine) {
        if (!allocate_columns(r, objects) || !allocate_slots(r)) return false;
        Py_BEGIN_ALLOW_THREADS
        fine = fill_pass(r);
        Py_END_ALLOW_THREADS
    }
    if (!fine) raise_damage(r);
    /* Stacks that came twice left room; the pages behind it were never touched. */
#define SHRINK(name) !_PyBytes_Resize(&objects[COLUMN_##name], \
    (Py_ssize_t)(r->columns.name.filled * sizeof *r->columns.name.at))
    return fine && SHRINK(stack_offsets) && SHRINK(stack_locations);
}

static PyObject *decode(PyObject *Py_UNUSED(module), PyObject *args) {
    static const char *const NAMES[FIELDS] = {[SAMPLE] = "samples", [MAPPING] = "mappings",
        [LOCATION] = "locations", [FUNCTION] = "functions", [STRING] = "strings"};
    struct reader r = {0};
    struct limits *l = &r.limits;
    Py_buffer data;
    if (!PyArg_ParseTuple(args, "y*(KKKKKKK)K:decode", &data, &l->samples, &l->entries, &l->frames,
                          &l->unknown, &l->nested, &l->message, &l->string, &r.secret))
        return NULL;
    r.data = (struct cursor){data.buf, (const uint8_t *)data.buf + data.len};
    for (unsigned i = 0; i < FIELDS; i++) {
        unsigned long long most = i == SAMPLE ? l->samples : l->entries;
        r.tables[i].name = NAMES[i] ? NAMES[i] : "header";
        r.tables[i].most = most < INT32_MAX ? most : INT32_MAX; /* indices have 32 bits */
        r.tables[i].longest = i == STRING ? l->string : l->message;
    }
    PyObject *columns = PyTuple_New(COLUMN_COUNT);
    if (columns && !read_profile(&r, PySequence_Fast_ITEMS(columns))) Py_CLEAR(columns);
    for (unsigned i = SAMPLE; i <= FUNCTION; i++) {
        PyMem_RawFree(r.tables[i].keys);
        PyMem_RawFree(r.tables[i].slots);
    }
    PyBuffer_Release(&data);
    return columns;
}

/* ---- encoding: backwards, so that a size can be written before what it is the size of -------- */

struct writer { uint8_t *end; size_t size; }; /* without an end only the size is wanted */

static inline void put_varint(struct writer *w, uint64_t value) {
    uint64_t rest = value;
    do w->size++; while (rest >>= 7);
    if (!w->end) return;
    uint8_t *at = w->end - w->size;
    for (; value >= 0x80; value >>= 7) *at++ = (uint8_t)(value | 0x80);
    *at = (uint8_t)value;
}

/* As proto3 has it: what is 0 is left out. */
static void put_number(struct writer *w, unsigned number, uint64_t value) {
    if (!value) return;
    put_varint(w, value);
    put_varint(w, NUM(number));
}

/* Makes what was put since the size was `before` a message. */
static void close_message(struct writer *w, unsigned number, size_t before) {
    put_varint(w, w->size - before);
    put_varint(w, LEN(number));
}

/* The same for a packed list, which is left out if it is empty. */
static void close_list(struct writer *w, unsigned number, size_t before) {
    if (w->size > before) close_message(w, number, before);
}

static void put_row(struct writer *w, const struct message *m, const void *row, size_t entry) {
    for (unsigned i = HIGHEST; i > 0; i--) {
        uint64_t value = 0;
        memcpy(&value, (const char *)row + m->field[i].offset, m->field[i].size);
        if (m->field[i].kind == ID)
            value = entry + 1;
        else if (m->field[i].kind == MAPPING_ID || m->field[i].kind == FUNCTION_ID)
            value = (uint32_t)(value + 1); /* -1 is none, and 0 in a profile */
        put_number(w, i, value);
    }
}

static void put_message(struct writer *w, unsigned number, const struct message *m,
                        const void *row, size_t entry) {
    size_t before = w->size;
    put_row(w, m, row, entry);
    close_message(w, number, before);
}

static void put_location(struct writer *w, const struct columns *c, size_t entry) {
    size_t before = w->size;
    for (int64_t i = c->line_offsets.at[entry + 1]; i-- > c->line_offsets.at[entry];)
        put_message(w, 4, &LINES, &c->lines.at[i], 0);
    put_row(w, &LOCATIONS, &c->locations.at[entry], entry);
    close_message(w, LOCATION, before);
}

static void put_sample(struct writer *w, const struct columns *c, size_t entry) {
    uint32_t stack = c->stacks.at[entry];
    size_t before = w->size, width = c->sample_types.count;
    for (int64_t i = c->label_offsets.at[entry + 1]; i-- > c->label_offsets.at[entry];)
        put_message(w, 3, &LABELS, &c->labels.at[i], 0);
    size_t list = w->size;
    for (size_t i = width; i-- > 0;) put_varint(w, (uint64_t)c->values.at[entry * width + i]);
    close_list(w, 2, list);
    list = w->size;
    for (int64_t i = c->stack_offsets.at[stack + 1]; i-- > c->stack_offsets.at[stack];)
        put_varint(w, (uint64_t)c->stack_locations.at[i] + 1);
    close_list(w, 1, list);
    close_message(w, SAMPLE, before);
}

static void put_header(struct writer *w, const struct columns *c) {
    for (unsigned number = DOC_URL; number >= DROP_FRAMES; number--) {
        size_t before = w->size;
        if (number == PERIOD_TYPE) {
            put_row(w, &VALUE_TYPES, c->period_type.at, 0);
            close_list(w, PERIOD_TYPE, before);
        } else if (number == COMMENT) {
            for (size_t i = c->comments.count; i-- > 0;) put_varint(w, (uint64_t)c->comments.at[i]);
            close_list(w, COMMENT, before);
        } else {
            put_number(w, number, (uint64_t)c->header.at[number]);
        }
    }
}

static void put_profile(struct writer *w, const struct columns *c) {
    const int64_t *strings = c->string_offsets.at;
    put_header(w, c);
    for (size_t i = c->string_offsets.count - 1; i-- > 0;) {
        size_t before = w->size, size = (size_t)(strings[i + 1] - strings[i]);
        w->size += size;
        if (w->end && size) memcpy(w->end - w->size, c->strings.at + strings[i], size);
        close_message(w, STRING, before);
    }
    for (size_t i = c->functions.count; i-- > 0;)
        put_message(w, FUNCTION, &FUNCTIONS, &c->functions.at[i], i);
    for (size_t i = c->locations.count; i-- > 0;) put_location(w, c, i);
    for (size_t i = c->mappings.count; i-- > 0;)
        put_message(w, MAPPING, &MAPPINGS, &c->mappings.at[i], i);
    for (size_t i = c->stacks.count; i-- > 0;) put_sample(w, c, i);
    for (size_t i = c->sample_types.count; i-- > 0;)
        put_message(w, SAMPLE_TYPE, &VALUE_TYPES, &c->sample_types.at[i], 0);
}

/* True where `rows` groups lie one after the other in `size` entries. */
static bool are_offsets(const int64_t *offsets, size_t count, size_t rows, size_t size) {
    if (count != rows + 1 || offsets[0] < 0 || (uint64_t)offsets[rows] > size) return false;
    for (size_t i = 0; i < rows; i++)
        if (offsets[i] > offsets[i + 1]) return false;
    return true;
}

/* True where no index and no offset leads outside the columns. */
static bool are_consistent(const struct columns *c) {
#define GROUPED(offsets, rows, entries) \
    are_offsets(c->offsets.at, c->offsets.count, rows, c->entries.count)
    if (!c->string_offsets.count || !c->stack_offsets.count) return false;
    for (size_t i = 0; i < c->stacks.count; i++)
        if (c->stacks.at[i] >= c->stack_offsets.count - 1) return false;
    return c->header.count == FIELDS && c->period_type.count == 1
        && c->values.count == c->stacks.count * c->sample_types.count
        && GROUPED(string_offsets, c->string_offsets.count - 1, strings)
        && GROUPED(stack_offsets, c->stack_offsets.count - 1, stack_locations)
        && GROUPED(line_offsets, c->locations.count, lines)
        && GROUPED(label_offsets, c->stacks.count, labels);
}

/* One column; false with an exception set where it is none. */
static bool open_column(PyObject *object, const char *name, size_t size, size_t alignment,
                        Py_buffer *buffer) {
    if (PyObject_GetBuffer(object, buffer, PyBUF_SIMPLE)) return false;
    if ((size_t)buffer->len % size == 0 && (uintptr_t)buffer->buf % alignment == 0) return true;
    PyErr_Format(PyExc_ValueError, "the column %s is cut off or not aligned", name);
    return false;
}

static bool open_columns(PyObject **objects, Py_buffer *buffers, struct columns *c) {
#define OPEN(name, type)                                                             \
    if (!open_column(objects[COLUMN_##name], #name, sizeof(type), _Alignof(type),    \
                     &buffers[COLUMN_##name]))                                       \
        return false;                                                                \
    c->name.at = buffers[COLUMN_##name].buf;                                         \
    c->name.count = (size_t)buffers[COLUMN_##name].len / sizeof(type);
    COLUMNS(OPEN)
    if (are_consistent(c)) return true;
    PyErr_SetString(PyExc_ValueError, "the columns contradict each other");
    return false;
}

static PyObject *encode(PyObject *Py_UNUSED(module), PyObject *args) {
    struct columns c;
    struct writer w = {NULL, 0};
    Py_buffer buffers[COLUMN_COUNT] = {{0}};
    PyObject *result = NULL;
    if (PyTuple_GET_SIZE(args) != COLUMN_COUNT) {
        PyErr_Format(PyExc_TypeError, "encode takes %d columns", COLUMN_COUNT);
    } else if (open_columns(PySequence_Fast_ITEMS(args), buffers, &c)) {
        Py_BEGIN_ALLOW_THREADS
        put_profile(&w, &c);
        Py_END_ALLOW_THREADS
        result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)w.size);
    }
    if (result) {
        w = (struct writer){(uint8_t *)PyBytes_AS_STRING(result) + w.size, 0};
        Py_BEGIN_ALLOW_THREADS
        put_profile(&w, &c);
        Py_END_ALLOW_THREADS
    }
    for (int i = 0; i < COLUMN_COUNT; i++) PyBuffer_Release(&buffers[i]);
    return result;
}

/* ---- the module ------------------------------------------------------------------------------ */

static PyMethodDef methods[] = {
    {"decode", decode, METH_VARARGS, "decode(data, limits, secret, /)\n--\n\nIts columns."},
    {"encode", encode, METH_VARARGS, "encode(*columns)\n--\n\nA profile, not compressed."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "heapwise.formats._pprof", .m_methods = methods};

PyMODINIT_FUNC PyInit__pprof(void) {
    return PyModuleDef_Init(&definition);
}
