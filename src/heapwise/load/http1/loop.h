/* Sends plain HTTP/1.1 on time: one thread, any number of connections, no interpreter in the way.
 *
 * The interpreter's thread says when hits are due (http1/due.h) and takes what became of them
 * (http1/rows.h). The engine's thread, inside `drive`, sleeps until the next is due or a socket has
 * something. A hit goes out on the idle connection used last, as that is the warmest. Where there is
 * none it dials, and then takes whichever comes first, the new connection or one that another hit
 * gives back; the model is open, so a stalled server sees new connections, as from new users. Under
 * a cap, hits that find no connection wait in the ring: they are due in order, and keep their time.
 *
 * A connection that the server closed between two requests is no error of the service: what was
 * sent on it without a byte of response goes out once more, if its method may be repeated.
 */
#ifndef HEAPWISE_HTTP1_LOOP_H
#define HEAPWISE_HTTP1_LOOP_H

#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "connection.h"
#include "due.h"

enum {
    EVENTS = 256,
    DIAL_NS = 100000,       /* dialling is dear: more often, it would make us late, and the late dial */
    DIAL_BURST = 16,        /* but for so many */
    SLICE_NS = 100000,
    MOST_ENDPOINTS = 1 << 16,
    TARGET_BLOCK = 1 << 12,
    MOST_TARGETS = 1 << 27, /* more than a schedule may have hits */
    TICK_NS = 50000000,     /* how long a word from the other thread may wait */
    NS_PER_S = 1000000000
};

struct waiting {            /* a hit that dialled and waits for a connection */
    struct hit hit;
    struct waiting *next;
};

struct endpoint {
    struct address address;
    struct list idle;
    struct waiting *first, **last;
    size_t waiting, dialling;
};

enum dispatched { SENT, NO_ROOM, NOT_YET };

/* Whether more will be fed: it is open until the feeder says that there is no more, and the phase
 * has ended once that is so and no hit is left; until then the feeder may change its mind. */
enum feeding { OPEN, ALL_FED, ENDED };

/* What stands for no timeout: 73 years. A longer one, added to the clock, might not fit it. */
static const int64_t LONGEST = INT64_MAX / 4;

struct engine {
    struct endpoint **endpoints;      /* they may become more meanwhile, and stay where they are */
    struct target **targets;          /* in blocks, for the same reason */
    _Atomic size_t endpoint_count;
    size_t target_count;              /* of whom it is the other thread that asks */
    bool once;                        /* each target is sent once, and can be forgotten then */
    int64_t keep;                     /* bodies of each target, of this phase */
    size_t most;            /* connections at once */
    size_t most_kept;       /* bytes of a body */
    bool capped;            /* by the plan: hits wait; else by descriptors: hits fail */
    bool keepalive;
    int64_t timeout, step;  /* step: wake only at multiples of it */
    int64_t flags;
    int64_t *free_since;    /* under a cap: of connections there could be, in a ring */
    size_t first_free;
    int64_t *turns;         /* of the targets, in a closed loop */
    size_t turn, turn_count;
    int64_t number;         /* of the next hit of this phase */
    int epoll;
    struct list busy, dialling;
    struct connection *dead;  /* gone, but events of this round may name them */
    size_t connections;
    size_t waiting;         /* hits that dialled, of all endpoints */
    enum dispatched last;   /* why no more was sent */
    int64_t dial_at;        /* when the next dialling would be due, if they were even */
    int64_t held_until;     /* hits due before then could not dial earlier */
    struct ring due;
    struct rows rows;
    char *buffer;
    atomic_bool driving, stopped, abandoned;
    _Atomic int feeding;
    _Atomic int64_t closed_until;     /* closed loop: keep every connection busy until then */
    _Atomic int64_t opened, queue_max;
};

static struct target *target_at(const struct engine *e, int64_t index) {
    return &e->targets[index / TARGET_BLOCK][index % TARGET_BLOCK];
}

static int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

/* --- what becomes of hits ------------------------------------------------------------------- */

static void conclude(struct engine *e, struct hit *hit, const struct connection *c, int64_t done,
                     enum outcome outcome) {
    const struct response *r = c ? &c->response : NULL;
    struct target *target = target_at(e, hit->target);
    struct row row = {
        .intended = hit->intended, .ready = hit->ready, .sent = hit->sent,
        .first_byte = hit->first_byte, .done = done, .status = r ? r->status : 0,
        .outcome = outcome, .bytes_in = r ? (int64_t)r->body : 0,
        .bytes_out = c && c->sent == target->size ? target->body : 0, .target = hit->target,
        .flags = e->flags | (hit->ready > hit->intended ? WAITED : 0), .number = hit->number,
    };
    rows_add(&e->rows, &row);
    if (hit->kept && r) {
        memcpy(hit->kept->encoding, r->encoding, sizeof hit->kept->encoding);
        rows_keep(&e->rows, hit->kept);
    } else kept_free(hit->kept);
    hit->kept = NULL;
    if (e->once) {
        free(target->request);
        target->request = NULL;
    }
}

/* --- connections ---------------------------------------------------------------------------- */

static struct list *list_of(struct engine *e, struct connection *c) {
    return c->state == IDLE ? &e->endpoints[c->endpoint]->idle
                            : c->state == BUSY ? &e->busy : &e->dialling;
}

static void give_slot(struct engine *e, int64_t now) {
    e->connections--;
    if (e->capped) e->free_since[(e->first_free + e->most - e->connections - 1) % e->most] = now;
}

/* Since when there could have been one more connection. */
static int64_t take_slot(struct engine *e) {
    e->connections++;
    if (!e->capped) return 0;
    int64_t since = e->free_since[e->first_free];
    e->first_free = (e->first_free + 1) % e->most;
    return since;
}

static void drop(struct engine *e, struct connection *c, int64_t now) {
    list_remove(list_of(e, c), c);
    if (c->state == DIALLING) e->endpoints[c->endpoint]->dialling--;
    close(c->fd);           /* which takes it out of the epoll */
    give_slot(e, now);
    c->state = DEAD;
    c->newer = e->dead;
    e->dead = c;
}

static void bury(struct engine *e) {
    for (struct connection *next; e->dead; e->dead = next) next = e->dead->newer, free(e->dead);
}

static void listen_for(struct engine *e, struct connection *c, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    epoll_ctl(e->epoll, EPOLL_CTL_MOD, c->fd, &event);
    c->wants_out = (events & EPOLLOUT) != 0;
}

/* Start a connection; 0 or an error. */
static int open_connection(struct engine *e, size_t endpoint, int64_t now) {
    struct connection *c = calloc(1, sizeof *c);
    if (!c) return ENOMEM;
    c->fd = dial(&e->endpoints[endpoint]->address);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
    if (c->fd < 0 || epoll_ctl(e->epoll, EPOLL_CTL_ADD, c->fd, &event)) {
        int error = errno;
        if (c->fd >= 0) close(c->fd);
        free(c);
        return error;
    }
    c->endpoint = endpoint;
    c->deadline = now + e->timeout;
    c->state = DIALLING;
    list_add(&e->dialling, c);
    e->endpoints[endpoint]->dialling++;
    take_slot(e);
    return 0;
}

static void wait_for_connection(struct engine *e, struct endpoint *endpoint,
                                struct waiting *waiting) {
    bool in_front = waiting->hit.again;
    waiting->next = in_front ? endpoint->first : NULL;
    if (in_front) endpoint->first = waiting;
    else *endpoint->last = waiting;
    if (!waiting->next) endpoint->last = &waiting->next;
    endpoint->waiting++;
    e->waiting++;
}

static struct hit stop_waiting(struct engine *e, struct endpoint *endpoint) {
    struct waiting *waiting = endpoint->first;
    struct hit hit = waiting->hit;
    endpoint->first = waiting->next;
    if (!endpoint->first) endpoint->last = &endpoint->first;
    endpoint->waiting--;
    e->waiting--;
    free(waiting);
    return hit;
}

/* Let a hit wait for a new connection, or for one that another gives back. */
static void dial_for(struct engine *e, const struct hit *hit, int64_t now) {
    size_t index = target_at(e, hit->target)->endpoint;
    struct waiting *waiting = malloc(sizeof *waiting);
    int error = waiting ? open_connection(e, index, now) : ENOMEM;
    struct hit failed = *hit;
    if (error) {
        free(waiting);
        conclude(e, &failed, NULL, clock_ns(), outcome_of(error));
        return;
    }
    waiting->hit = *hit;
    wait_for_connection(e, e->endpoints[index], waiting);
}

static void serve(struct engine *e, struct connection *c);

/* The hit on it has ended; the connection lives on if it can. */
static void finish(struct engine *e, struct connection *c, enum outcome outcome) {
    int64_t now = clock_ns();
    bool whole = c->sent == target_at(e, c->hit.target)->size;
    conclude(e, &c->hit, c, now, outcome);
    if (outcome != OK || !c->response.keeps || !whole || !e->keepalive) {
        drop(e, c, now);
        return;
    }
    list_remove(&e->busy, c);
    c->state = IDLE;
    c->reused = true;
    c->free_since = now;
    list_add(&e->endpoints[c->endpoint]->idle, c);
    serve(e, c);
}

/* The connection failed under its hit, which may deserve another: of what no byte was taken nobody
 * can have acted on. */
static void fail(struct engine *e, struct connection *c, int error) {
    struct hit hit = c->hit;
    bool died_before = error == ENODATA || outcome_of(error) == RESET;
    bool silent = hit.first_byte < 0 && c->reused && !hit.again;
    bool harmless = !c->sent || target_at(e, hit.target)->repeatable;
    if (!died_before || !silent || !harmless) {
        finish(e, c, error == ENODATA ? EARLY_EOF : outcome_of(error));
        return;
    }
    int64_t now = clock_ns();
    drop(e, c, now);
    hit.again = true;
    dial_for(e, &hit, now);
}

/* The rest of the request cannot be sent, but an answer may have come: a server that does not want
 * a body says so, and closes on it. */
static void cannot_send(struct engine *e, struct connection *c, int error) {
    c->send_error = error;
    if (c->sent) listen_for(e, c, EPOLLIN);
    else fail(e, c, error);
}

/* Put a hit on an idle connection. */
static void start(struct engine *e, struct connection *c, const struct hit *hit) {
    const struct target *target = target_at(e, hit->target);
    list_remove(&e->endpoints[c->endpoint]->idle, c);
    c->state = BUSY;
    c->hit = *hit;
    c->sent = 0;
    c->send_error = 0;
    c->deadline = hit->sent + e->timeout;
    list_add_by_deadline(&e->busy, c);
    response_begin(&c->response, target->bodiless);
    int error = send_more(c, target);
    if (error == EAGAIN) listen_for(e, c, EPOLLIN | EPOLLOUT);
    else if (error) cannot_send(e, c, error);
}

/* An idle connection takes the hit that has waited longest for one. */
static void serve(struct engine *e, struct connection *c) {
    struct endpoint *endpoint = e->endpoints[c->endpoint];
    if (!endpoint->first) return;
    struct hit hit = stop_waiting(e, endpoint);
    start(e, c, &hit);
}

/* --- who is next ---------------------------------------------------------------------------- */

/* A body to keep, where that was asked for and there is memory. */
static struct kept *kept_for(struct engine *e, int64_t index) {
    struct target *target = target_at(e, index);
    if (target->to_keep <= 0) return NULL;
    struct kept *kept = malloc(sizeof *kept);
    if (!kept) return NULL;
    target->to_keep--;
    *kept = (struct kept){.target = index, .most = e->most_kept};
    return kept;
}

/* Room for one more under the cap: perhaps an idle connection to somewhere else must go. */
static bool make_room(struct engine *e, int64_t now) {
    if (e->connections < e->most) return true;
    for (size_t i = 0; i < e->endpoint_count; i++)
        if (e->endpoints[i]->idle.oldest) return drop(e, e->endpoints[i]->idle.oldest, now), true;
    return false;
}

/* Dialling once more keeps to the limit. Without keep-alive there is none: that is what was asked. */
static bool may_dial(const struct engine *e, int64_t now) {
    return !e->keepalive || now >= e->dial_at - (int64_t)DIAL_BURST * DIAL_NS;
}

/* Since when a hit could have been sent: it may have had to wait for a connection, or to dial. */
static int64_t ready_at(const struct engine *e, const struct endpoint *endpoint, int64_t intended) {
    int64_t since = intended < e->held_until ? e->held_until : intended;
    if (!e->capped) return since;
    int64_t free_since = endpoint->idle.oldest ? endpoint->idle.oldest->free_since
                                               : e->free_since[e->first_free];
    return free_since > since ? free_since : since;
}

/* Send a hit now, or dial for it; or leave it where it is. */
static enum dispatched dispatch(struct engine *e, int64_t intended, int64_t target) {
    struct endpoint *endpoint = e->endpoints[target_at(e, target)->endpoint];
    struct connection *idle = endpoint->idle.newest;
    int64_t now = clock_ns();
    if (!idle && !may_dial(e, now)) return e->held_until = now, NOT_YET;
    bool room = idle || make_room(e, now);
    if (!room && e->capped) return NO_ROOM;
    struct hit hit = {.intended = intended, .ready = intended, .sent = now, .first_byte = -1,
                      .target = target, .number = e->number++, .kept = kept_for(e, target)};
    if (room) hit.ready = ready_at(e, endpoint, intended);
    if (idle) start(e, idle, &hit);
    else if (!room) conclude(e, &hit, NULL, now, NO_DESCRIPTOR);
    else {
        e->dial_at = (e->dial_at > now ? e->dial_at : now) + DIAL_NS;
        dial_for(e, &hit, now);
    }
    return SENT;
}

static void note_queue(struct engine *e, int64_t now) {
    int64_t queue = (int64_t)ring_due_by(&e->due, now);
    if (queue > atomic_load_explicit(&e->queue_max, memory_order_relaxed))
        atomic_store_explicit(&e->queue_max, queue, memory_order_relaxed);
}

static bool has_stopped(const struct engine *e) {
    return atomic_load_explicit(&e->stopped, memory_order_relaxed);
}

/* Send what is due. Where every hit fails at once there is always more: it listens meanwhile. */
static void admit(struct engine *e) {
    int64_t now = clock_ns();
    e->last = SENT;
    while (e->last == SENT && !has_stopped(e) &&
           now < atomic_load_explicit(&e->closed_until, memory_order_relaxed)) {
        e->last = dispatch(e, now, e->turns[e->turn]);
        if (e->last == SENT) e->turn = (e->turn + 1) % e->turn_count;
        now = clock_ns();
    }
    while (!has_stopped(e) && ring_count(&e->due)) {
        struct due due = *ring_at(&e->due, 0);
        if (due.at > now && due.at > (now = clock_ns())) return;
        e->last = dispatch(e, due.at, due.target);
        if (e->last == NO_ROOM) note_queue(e, now);
        if (e->last != SENT) return;
        ring_take(&e->due);
    }
}

/* Replace a connection that never came, where a hit still waits for one. */
static void redial(struct engine *e, size_t index, int64_t now) {
    struct endpoint *endpoint = e->endpoints[index];
    while (endpoint->waiting > endpoint->dialling) {
        int error = open_connection(e, index, now);
        if (!error) continue;
        struct hit hit = stop_waiting(e, endpoint);
        conclude(e, &hit, NULL, now, outcome_of(error));
    }
}

/* End what took too long; when the next may have to. */
static int64_t expire(struct engine *e, int64_t now) {
    int64_t next = now + TICK_NS;
    while (e->busy.oldest && e->busy.oldest->deadline <= now) finish(e, e->busy.oldest, TIMEOUT);
    if (e->busy.oldest && e->busy.oldest->deadline < next) next = e->busy.oldest->deadline;
    for (size_t i = 0; e->waiting && i < e->endpoint_count; i++) {
        struct endpoint *endpoint = e->endpoints[i];
        while (endpoint->first && endpoint->first->hit.sent + e->timeout <= now) {
            struct hit hit = stop_waiting(e, endpoint);
            conclude(e, &hit, NULL, now, TIMEOUT);
        }
        if (endpoint->first && endpoint->first->hit.sent + e->timeout < next)
            next = endpoint->first->hit.sent + e->timeout;
    }
    while (e->dialling.oldest && e->dialling.oldest->deadline <= now) {
        size_t endpoint = e->dialling.oldest->endpoint;
        drop(e, e->dialling.oldest, now);
        redial(e, endpoint, now);
    }
    return next;
}

/* --- events --------------------------------------------------------------------------------- */

static void on_dialled(struct engine *e, struct connection *c) {
    struct endpoint *endpoint = e->endpoints[c->endpoint];
    int error = dialled(c->fd, &endpoint->address);
    int64_t now = clock_ns();
    if (error) {
        drop(e, c, now);
        if (endpoint->waiting <= endpoint->dialling) return;
        struct hit hit = stop_waiting(e, endpoint);
        conclude(e, &hit, NULL, now, outcome_of(error));
        return;
    }
    atomic_fetch_add_explicit(&e->opened, 1, memory_order_relaxed);
    list_remove(&e->dialling, c);
    endpoint->dialling--;
    c->state = IDLE;
    c->free_since = now;
    listen_for(e, c, EPOLLIN);
    list_add(&endpoint->idle, c);
    serve(e, c);
}

static void on_readable(struct engine *e, struct connection *c) {
    bool discards = e->endpoints[c->endpoint]->address.to.any.sa_family != AF_UNIX;
    int error = receive(c, e->buffer, discards);
    if (error == EAGAIN) return;
    if (!error && c->hit.first_byte < 0) c->hit.first_byte = clock_ns();
    if (error) fail(e, c, c->send_error ? c->send_error : error);
    else if (c->response.part == BROKEN) finish(e, c, PROTOCOL);
    else if (c->response.part == COMPLETE) finish(e, c, OK);
}

static void on_writable(struct engine *e, struct connection *c) {
    int error = send_more(c, target_at(e, c->hit.target));
    if (!error) listen_for(e, c, EPOLLIN);
    else if (error != EAGAIN) cannot_send(e, c, error);
}

static void on_event(struct engine *e, struct connection *c, uint32_t events) {
    if (c->state == DEAD) return;
    if (c->state == DIALLING) on_dialled(e, c);
    /* an idle one has nothing to say: it was closed, or somebody talks out of turn */
    else if (c->state == IDLE) drop(e, c, clock_ns());
    else {
        if (c->wants_out && events & EPOLLOUT) on_writable(e, c);
        if (c->state == BUSY && events & ~(uint32_t)EPOLLOUT) on_readable(e, c);
    }
}

/* Nothing is due, nor will be. What was fed last must be seen after the word that it was the last. */
static bool is_fed_up(struct engine *e) {
    int fed = ALL_FED;
    return atomic_load(&e->feeding) == fed && !ring_count(&e->due) &&
           clock_ns() >= atomic_load(&e->closed_until) &&
           atomic_compare_exchange_strong(&e->feeding, &fed, ENDED);
}

static bool has_ended(struct engine *e) {
    if (e->rows.no_memory || atomic_load(&e->abandoned)) return true;
    if (e->busy.count || e->waiting) return false;
    return has_stopped(e) || is_fed_up(e);
}

/* When to look again, if no socket has anything before. */
static int64_t wake_at(struct engine *e, int64_t deadline) {
    if (e->last == NOT_YET) {
        int64_t dial_at = e->dial_at - (int64_t)DIAL_BURST * DIAL_NS;
        return dial_at < deadline ? dial_at : deadline;
    }
    if (e->last == NO_ROOM || has_stopped(e) || !ring_count(&e->due)) return deadline;
    int64_t due = ring_at(&e->due, 0)->at;
    if (e->step) due = (due + e->step - 1) / e->step * e->step;
    return due < deadline ? due : deadline;
}

/* epoll_wait until a time in ns; kernels before 5.11 get the same from ppoll. */
static int wait_until(struct engine *e, struct epoll_event *events, int64_t until) {
    int64_t left = until - clock_ns();
    if (left < 0) left = 0;
    struct timespec time = {left / NS_PER_S, left % NS_PER_S};
#ifdef SYS_epoll_pwait2
    int count = (int)syscall(SYS_epoll_pwait2, e->epoll, events, EVENTS, &time, NULL, 0);
    if (count >= 0 || errno != ENOSYS) return count;
#endif
    struct pollfd fd = {.fd = e->epoll, .events = POLLIN};
    if (left && ppoll(&fd, 1, &time, NULL) <= 0) return 0;
    return epoll_wait(e->epoll, events, EVENTS, 0);
}

static void abandon(struct engine *e) {
    int64_t now = clock_ns();
    while (e->busy.oldest) finish(e, e->busy.oldest, OTHER);
    for (size_t i = 0; i < e->endpoint_count; i++)
        while (e->endpoints[i]->first) {
            struct hit hit = stop_waiting(e, e->endpoints[i]);
            conclude(e, &hit, NULL, now, OTHER);
        }
}

/* Close every connection, and forget what is left. */
static void shut(struct engine *e) {
    int64_t now = clock_ns();
    abandon(e);
    while (e->dialling.oldest) drop(e, e->dialling.oldest, now);
    for (size_t i = 0; i < e->endpoint_count; i++)
        while (e->endpoints[i]->idle.oldest) drop(e, e->endpoints[i]->idle.oldest, now);
    bury(e);
    if (e->epoll >= 0) close(e->epoll);
    e->epoll = -1;
}

/* Ask the kernel to run this thread soon after it wakes: timers of the nanosecond instead of 50 us
 * later, and a short slice (Linux 6.12), as who wants little at a time comes first. Where it cannot,
 * hits are later and the report says by how much.
 */
static void be_prompt(void) {
    struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority;
             uint64_t runtime, deadline, period; } wish = {
        .size = sizeof wish, .nice = getpriority(PRIO_PROCESS, 0), .runtime = SLICE_NS};
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    if (sched_getscheduler(0) == SCHED_OTHER) syscall(SYS_sched_setattr, 0, &wish, 0);
}

static void drive(struct engine *e) {
    struct epoll_event events[EVENTS];
    be_prompt();
    for (;;) {
        bury(e);
        admit(e);
        int64_t deadline = expire(e, clock_ns());
        if (has_ended(e)) break;
        int count = wait_until(e, events, wake_at(e, deadline));
        for (int i = 0; i < count; i++) {
            on_event(e, events[i].data.ptr, events[i].events);
            admit(e);       /* what falls due between two events does not wait for the rest */
        }
    }
    abandon(e);
    bury(e);
}

#endif
