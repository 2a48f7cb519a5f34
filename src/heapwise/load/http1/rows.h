/* What the engine tells: one row a hit, in columns as `heapwise.model.load.Hits` has them, and the
 * bodies that were asked for. The engine's thread adds, the interpreter's takes all there is.
 */
#ifndef HEAPWISE_HTTP1_ROWS_H
#define HEAPWISE_HTTP1_ROWS_H

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of `heapwise.model.load.Outcome`. */
enum outcome { OK, REFUSED, RESET, TIMEOUT, EARLY_EOF, PROTOCOL, TLS, DNS, NO_DESCRIPTOR, NO_PORT,
               UNREACHABLE, NEVER_SENT, OTHER };

enum flag { WAITED = 1 };

struct row {
    int64_t intended, ready, sent, first_byte, done, status, outcome, bytes_in, bytes_out, target,
        flags, number;   /* the last: which hit of the phase it is, in the order they were due */
};

/* Bytes of one response body, as sent, up to a limit. */
struct kept {
    int64_t target;
    char *data;
    size_t size, room, most;
    char encoding[16];
    struct kept *next;
};

struct rows {
    pthread_mutex_t lock;
    struct row *all;
    size_t count, room;
    struct kept *bodies;    /* the last one first */
    bool no_memory;
};

static void rows_add(struct rows *rows, const struct row *row) {
    pthread_mutex_lock(&rows->lock);
    if (rows->count == rows->room) {
        size_t room = rows->room ? 2 * rows->room : 4096;
        struct row *all = realloc(rows->all, room * sizeof *all);
        if (all) rows->all = all, rows->room = room;
        else rows->no_memory = true;
    }
    if (rows->count < rows->room) rows->all[rows->count++] = *row;
    pthread_mutex_unlock(&rows->lock);
}

static void rows_keep(struct rows *rows, struct kept *body) {
    pthread_mutex_lock(&rows->lock);
    body->next = rows->bodies;
    rows->bodies = body;
    pthread_mutex_unlock(&rows->lock);
}

/* All rows since the last call, which the caller frees; NULL where there are none. */
static struct row *rows_take(struct rows *rows, size_t *count) {
    pthread_mutex_lock(&rows->lock);
    struct row *all = rows->count ? rows->all : NULL;
    *count = rows->count;
    if (all) rows->all = NULL, rows->room = 0;
    rows->count = 0;
    pthread_mutex_unlock(&rows->lock);
    return all;
}

static struct kept *rows_take_bodies(struct rows *rows) {
    pthread_mutex_lock(&rows->lock);
    struct kept *bodies = rows->bodies;
    rows->bodies = NULL;
    pthread_mutex_unlock(&rows->lock);
    return bodies;
}

static void kept_free(struct kept *body) {
    for (struct kept *next; body; body = next) {
        next = body->next;
        free(body->data);
        free(body);
    }
}

/* More of the body; what memory has no room for is left out like what lies beyond the limit. */
static void kept_add(struct kept *kept, const char *data, size_t size) {
    if (size > kept->most - kept->size) size = kept->most - kept->size;
    if (kept->size + size > kept->room) {
        size_t room = 2 * (kept->size + size);
        char *grown = realloc(kept->data, room);
        if (!grown) return;
        kept->data = grown;
        kept->room = room;
    }
    if (size) memcpy(kept->data + kept->size, data, size);
    kept->size += size;
}

static void rows_free(struct rows *rows) {
    free(rows->all);
    kept_free(rows->bodies);
    pthread_mutex_destroy(&rows->lock);
}

#endif
