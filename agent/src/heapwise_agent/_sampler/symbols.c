/* Names copied from interpreters that may end before the process does.
 *
 * A code object of a subinterpreter can neither be kept (it has to die under its own lock, and its
 * interned names die with the interpreter) nor be told from its successor at the same address. So
 * its frames become (symbol, line), compared by content; it costs more, and only there.
 */
#include "core.h"

#include <string.h>

enum { ARENA_BYTES = 1 << 20, SLOTS = 1 << 13, MAX_SYMBOLS = SLOTS / 2, MAX_NAME = 512 };

static char *arena;
static size_t arena_used;
static uint32_t *slots;  /* 1 + offset into the arena in units of 8 bytes, 0: empty */
static uint32_t symbol_count;

int
symbols_init(void)
{
    arena = core_reserve(ARENA_BYTES);
    slots = core_reserve(SLOTS * sizeof *slots);
    return arena && slots ? 0 : -1;
}

bool
symbols_owns(const void *what)
{
    return (const char *)what >= arena && (const char *)what < arena + ARENA_BYTES;
}

size_t
symbols_bytes(void)
{
    return arena_used;
}

static size_t
put_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* The C API's own encoders allocate. Long names keep their beginning. */
static size_t
copy_utf8(PyObject *text, char *out)
{
    if (!text || !PyUnicode_Check(text)) {
        return 0;
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    size_t bytes = 0;
    for (Py_ssize_t i = 0; i < length && bytes + 4 <= MAX_NAME; i++) {
        bytes += put_utf8(PyUnicode_READ(kind, data, i), out + bytes);
    }
    return bytes;
}

static uint32_t
hash_text(const char *text, size_t bytes)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    }
    return hash;
}

static bool
same(const symbol *a, const symbol *b)
{
    return a->hash == b->hash && a->first_line == b->first_line && a->name_bytes == b->name_bytes
           && a->file_bytes == b->file_bytes
           && memcmp(a->text, b->text, a->name_bytes + a->file_bytes) == 0;
}

/* The arena's copy of a symbol, NULL when it is full. */
static const symbol *
intern(const symbol *wanted)
{
    size_t bytes = sizeof *wanted + wanted->name_bytes + wanted->file_bytes;
    uint32_t at = wanted->hash % SLOTS;
    for (; slots[at]; at = (at + 1) % SLOTS) {
        const symbol *present = (const symbol *)(arena + (slots[at] - 1) * 8u);
        if (same(present, wanted)) {
            return present;
        }
    }
    size_t aligned = (bytes + 7) & ~(size_t)7;
    if (symbol_count >= MAX_SYMBOLS || arena_used + aligned > ARENA_BYTES) {
        return NULL;
    }
    symbol *made = (symbol *)(arena + arena_used);
    memcpy(made, wanted, bytes);
    slots[at] = (uint32_t)(arena_used / 8) + 1;
    arena_used += aligned;
    symbol_count++;
    return made;
}

static const symbol *
symbol_of(PyCodeObject *code)
{
    union {
        symbol symbol;
        char room[sizeof(symbol) + 2 * MAX_NAME];
    } wanted;
    symbol *s = &wanted.symbol;
    char *text = wanted.room + offsetof(symbol, text);
    s->name_bytes = (uint32_t)copy_utf8(code->co_qualname, text);
    s->file_bytes = (uint32_t)copy_utf8(code->co_filename, text + s->name_bytes);
    s->first_line = code->co_firstlineno;
    s->hash = hash_text(text, s->name_bytes + s->file_bytes) ^ (uint32_t)s->first_line;
    return intern(s);
}

bool
symbols_intern(raw_stack *stack)
{
    for (int i = 0; i < stack->depth; i++) {
        PyCodeObject *code = (PyCodeObject *)stack->frames[i].what;
        int line = PyCode_Addr2Line(code, stack->frames[i].at * (int)sizeof(uint16_t));
        const symbol *found = symbol_of(code);
        if (!found) {
            return false;
        }
        stack->frames[i] = (raw_frame){.what = found, .at = line};
    }
    return true;
}
