/* One HTTP/1.1 response, read as it comes: its status, where it ends, and whether the connection
 * can carry another (RFC 9112). Nothing is stored but the start of the line being read.
 *
 * A response is hostile: every number is checked before it is used, header and trailer lines share
 * one budget, and what two readers could understand in two ways ends the response as broken.
 */
#ifndef HEAPWISE_HTTP1_RESPONSE_H
#define HEAPWISE_HTTP1_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum part { STATUS_LINE, HEADERS, COUNTED, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILERS, UNTIL_CLOSE,
            COMPLETE, BROKEN };

enum { LINE_KEPT = 256, MOST_HEAD = 256 << 10, ENCODING = 16 };

struct response {
    enum part part;
    bool bodiless;          /* the request was a HEAD */
    bool old;               /* HTTP/1.0 */
    bool keeps;             /* another request may follow on this connection */
    bool has_length;
    bool has_coding;        /* a Transfer-Encoding that is understood, or not */
    bool chunked;
    uint16_t status;
    uint32_t held;          /* bytes of the line that came so far; more than LINE_KEPT are counted */
    uint32_t head;          /* bytes of all lines */
    uint64_t left;          /* of the body, or of the chunk */
    uint64_t body;          /* bytes of the body so far, as sent, without chunk framing */
    char line[LINE_KEPT];
    char encoding[ENCODING];
};

static void response_begin(struct response *r, bool bodiless) {
    memset(r, 0, offsetof(struct response, line));
    r->encoding[0] = 0;
    r->bodiless = bodiless;
}

static bool response_ended(const struct response *r) { return r->part >= COMPLETE; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* `HTTP/1.1 200 OK`. */
static enum part take_status_line(struct response *r, const char *line, size_t size) {
    if (size < 12 || memcmp(line, "HTTP/1.", 7) || !is_digit(line[7]) || line[8] != ' ')
        return BROKEN;
    if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) || line[9] == '0')
        return BROKEN;
    if (size > 12 && line[12] != ' ') return BROKEN;
    r->status = (uint16_t)((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
    r->old = line[7] == '0';
    r->keeps = !r->old;
    r->encoding[0] = 0;
    r->has_length = r->has_coding = r->chunked = false;
    return HEADERS;
}

/* The next of a list's members, without the blanks around it; false at its end. */
static bool next_member(const char **at, const char *end, const char **member, size_t *size) {
    const char *p = *at;
    while (p < end && (*p == ' ' || *p == '\t' || *p == ',')) p++;
    if (p == end) return false;
    const char *start = p;
    while (p < end && *p != ',') p++;
    *at = p;
    while (p > start && (p[-1] == ' ' || p[-1] == '\t')) p--;
    *member = start;
    *size = (size_t)(p - start);
    return true;
}

static bool is_word(const char *text, size_t size, const char *word) {
    return size == strlen(word) && !strncasecmp(text, word, size);
}

/* Several lengths are one if they agree, and an attack if they do not. */
static bool take_length(struct response *r, const char *value, const char *end) {
    const char *member;
    size_t size, members = 0;
    for (; next_member(&value, end, &member, &size); members++) {
        uint64_t length = 0;
        for (size_t i = 0; i < size; i++) {
            if (!is_digit(member[i]) || length > (INT64_MAX - 9) / 10) return false;
            length = length * 10 + (uint64_t)(member[i] - '0');
        }
        if (r->has_length && length != r->left) return false;
        r->has_length = true;
        r->left = length;
    }
    return members > 0;
}

static void take_coding(struct response *r, const char *value, const char *end) {
    const char *member;
    size_t size;
    while (next_member(&value, end, &member, &size)) {
        if (is_word(member, size, "identity")) continue; /* none, in the words of HTTP/1.1's youth */
        r->has_coding = true;
        r->chunked = is_word(member, size, "chunked");
    }
}

static void take_connection(struct response *r, const char *value, const char *end) {
    const char *member;
    size_t size;
    while (next_member(&value, end, &member, &size)) {
        if (is_word(member, size, "close")) r->keeps = false;
        if (is_word(member, size, "keep-alive") && r->old) r->keeps = true;
    }
}

static void take_encoding(struct response *r, const char *value, const char *end) {
    const char *member;
    size_t size;
    if (!next_member(&value, end, &member, &size) || size >= ENCODING) return;
    for (size_t i = 0; i < size; i++)
        r->encoding[i] = (char)(member[i] >= 'A' && member[i] <= 'Z' ? member[i] | 32 : member[i]);
    r->encoding[size] = 0;
}

/* `size` counts what came; of a line longer than LINE_KEPT only the start is there. */
static enum part take_header(struct response *r, const char *line, size_t size) {
    size_t there = size < LINE_KEPT ? size : LINE_KEPT;
    const char *colon = memchr(line, ':', there);
    /* a name that starts with a blank continues the line before: an old way, now forbidden */
    if (!colon) return size > there ? HEADERS : BROKEN;
    size_t name = (size_t)(colon - line);
    if (name == 0 || line[0] == ' ' || line[0] == '\t' || colon[-1] == ' ' || colon[-1] == '\t')
        return BROKEN;
    const char *value = colon + 1, *end = line + there;
    bool framing = is_word(line, name, "content-length") || is_word(line, name, "transfer-encoding");
    if (framing && size > there) return BROKEN;
    if (is_word(line, name, "content-length")) return take_length(r, value, end) ? HEADERS : BROKEN;
    if (is_word(line, name, "transfer-encoding")) take_coding(r, value, end);
    if (is_word(line, name, "connection")) take_connection(r, value, end);
    if (is_word(line, name, "content-encoding")) take_encoding(r, value, end);
    return HEADERS;
}

/* What follows the empty line after the headers. */
static enum part after_headers(struct response *r) {
    if (r->status < 200 && r->status != 101) return STATUS_LINE;
    if (r->status == 101) r->keeps = false;
    if (r->bodiless || r->status == 101 || r->status == 204 || r->status == 304) return COMPLETE;
    if (r->has_coding) {
        if (r->has_length) r->keeps = false; /* who wrote both may have meant either */
        if (r->chunked) return CHUNK_SIZE;
        r->keeps = false;
        return UNTIL_CLOSE;
    }
    if (r->has_length) return r->left ? COUNTED : COMPLETE;
    r->keeps = false;
    return UNTIL_CLOSE;
}

/* `1a2b;extension`. */
static enum part take_chunk_size(struct response *r, const char *line, size_t size) {
    uint64_t value = 0;
    size_t there = size < LINE_KEPT ? size : LINE_KEPT, i = 0;
    for (; i < there; i++) {
        char c = line[i] | 32;
        int digit = is_digit(line[i]) ? line[i] - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) break;
        if (value >> 58) return BROKEN;
        value = value << 4 | (uint64_t)digit;
    }
    if (i == 0 || (i == there && i < size)) return BROKEN; /* no number, or one without end */
    if (i < size && line[i] != ';' && line[i] != ' ' && line[i] != '\t') return BROKEN;
    r->left = value;
    return value ? CHUNK : TRAILERS;
}

static enum part take_line(struct response *r, const char *line, size_t size) {
    switch (r->part) {
    case STATUS_LINE: return take_status_line(r, line, size);
    case HEADERS: return size ? take_header(r, line, size) : after_headers(r);
    case CHUNK_SIZE: return take_chunk_size(r, line, size);
    case CHUNK_END: return size ? BROKEN : CHUNK_SIZE;
    default: return size ? TRAILERS : COMPLETE;
    }
}

/* Take a line, or the part of one that came; how many bytes that were. */
static size_t feed_line(struct response *r, const char *data, size_t size) {
    const char *newline = memchr(data, '\n', size);
    size_t taken = newline ? (size_t)(newline - data) + 1 : size;
    size_t more = newline ? taken - 1 : taken;
    /* sizes of chunks are no header, and a long body has many: only what stands in them counts */
    r->head += r->part == CHUNK_SIZE || r->part == CHUNK_END ? 0 : (uint32_t)taken;
    if (r->head > MOST_HEAD || r->held + more > MOST_HEAD) return r->part = BROKEN, taken;
    if (r->held < LINE_KEPT) {
        size_t room = LINE_KEPT - r->held;
        memcpy(r->line + r->held, data, more < room ? more : room);
    }
    r->held += (uint32_t)more;
    /* garbage is known by its first bytes, and would otherwise be waited for until the timeout */
    size_t known = r->held < 7 ? r->held : 7;
    if (r->part == STATUS_LINE && memcmp(r->line, "HTTP/1.", known)) return r->part = BROKEN, taken;
    if (!newline) return taken;
    size_t length = r->held;
    if (length && length <= LINE_KEPT && r->line[length - 1] == '\r') length--;
    r->held = 0;
    r->part = take_line(r, r->line, length);
    return taken;
}

/* How many of the bytes are body, at most; 0 where a line is due. */
static uint64_t response_expects(const struct response *r) {
    if (r->part == COUNTED || r->part == CHUNK) return r->left;
    return r->part == UNTIL_CLOSE ? UINT64_MAX : 0;
}

/* So many bytes of body came. */
static void response_skip(struct response *r, uint64_t size) {
    r->body += size;
    if (r->part == UNTIL_CLOSE) return;
    r->left -= size;
    if (r->left == 0) r->part = r->part == CHUNK ? CHUNK_END : COMPLETE;
}

/* The other side sends no more: the end of some responses, and the death of others. */
static void response_closed(struct response *r) {
    if (r->part == UNTIL_CLOSE) r->part = COMPLETE;
}

#endif
