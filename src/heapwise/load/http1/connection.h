/* One connection: dialled without waiting, one request at a time, its response read as it comes. */
#ifndef HEAPWISE_HTTP1_CONNECTION_H
#define HEAPWISE_HTTP1_CONNECTION_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "response.h"
#include "rows.h"

enum {
    BUFFER = 64 << 10,
    DISCARD = 1 << 20                /* bytes of a body dropped by one call */
};

/* Where a target's connections go, and from where. */
struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } to, from;
    socklen_t size, from_size;       /* from_size 0: wherever the system likes */
};

/* What is sent again and again. */
struct target {
    size_t endpoint;
    char *request;
    size_t size;
    int64_t body;                    /* bytes of the body in it */
    bool bodiless;                   /* HEAD: the response has no body, whatever it says */
    bool repeatable;                 /* may be sent once more when nobody knows whether it came */
    int64_t to_keep;                 /* response bodies, of this phase */
};

/* A request on its way. */
struct hit {
    int64_t intended, ready, sent, first_byte;
    int64_t target;
    int64_t number;                  /* in the order of the schedule */
    bool again;                      /* it goes out once more */
    struct kept *kept;
};

enum state { DIALLING, IDLE, BUSY, DEAD };

struct connection {
    struct connection *older, *newer; /* in the list of its state */
    int fd;
    enum state state;
    size_t endpoint;
    bool reused;                     /* it has carried a response */
    bool wants_out;                  /* epoll was asked for room to send */
    int64_t deadline;                /* of the dialling, or of the hit */
    int64_t free_since;
    size_t sent;                     /* bytes of the request */
    int send_error;                  /* why the rest of it cannot be sent */
    struct hit hit;
    struct response response;
};

struct list {
    struct connection *oldest, *newest;
    size_t count;
};

static void list_add(struct list *list, struct connection *c) {
    c->newer = NULL;
    c->older = list->newest;
    *(c->older ? &c->older->newer : &list->oldest) = c;
    list->newest = c;
    list->count++;
}

/* Keep the earliest deadline at the old end; most go straight to the new one. */
static void list_add_by_deadline(struct list *list, struct connection *c) {
    struct connection *older = list->newest;
    while (older && older->deadline > c->deadline) older = older->older;
    c->older = older;
    c->newer = older ? older->newer : list->oldest;
    *(c->newer ? &c->newer->older : &list->newest) = c;
    *(older ? &older->newer : &list->oldest) = c;
    list->count++;
}

static void list_remove(struct list *list, struct connection *c) {
    *(c->newer ? &c->newer->older : &list->newest) = c->older;
    *(c->older ? &c->older->newer : &list->oldest) = c->newer;
    list->count--;
}

static enum outcome outcome_of(int error) {
    switch (error) {
    case ECONNREFUSED: case ENOENT: return REFUSED;
    case EAGAIN: return REFUSED;     /* of a unix socket whose backlog is full */
    case ECONNRESET: case EPIPE: case ECONNABORTED: return RESET;
    case ETIMEDOUT: return TIMEOUT;
    case EMFILE: case ENFILE: return NO_DESCRIPTOR;
    case EADDRNOTAVAIL: case EADDRINUSE: return NO_PORT;
    case ENETUNREACH: case EHOSTUNREACH: case ENETDOWN: case EACCES: return UNREACHABLE;
    default: return OTHER;
    }
}

/* A socket on its way to an address, or -1 and errno. */
static int dial(const struct address *address) {
    int family = address->to.any.sa_family, on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (address->from_size) {
        /* the port is chosen with the destination known, so that it can serve several */
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (bind(fd, &address->from.any, address->from_size)) goto failed;
    }
    if (!connect(fd, &address->to.any, address->size) || errno == EINPROGRESS) return fd;
    /* Linux says EAGAIN where it finds no free port, and where a unix socket's backlog is full */
    if (errno == EAGAIN && family != AF_UNIX) errno = EADDRNOTAVAIL;
failed:;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Where nobody listens on a port that local sockets are given, TCP now and then lets one that was
 * given this very port meet itself: it would hear its own request as the response. */
static bool met_itself(int fd, const struct address *address) {
    struct sockaddr_in6 own;         /* the larger of the two */
    socklen_t size = sizeof own;
    if (address->to.any.sa_family == AF_UNIX || getsockname(fd, (void *)&own, &size)) return false;
    if (address->to.any.sa_family == AF_INET6)
        return own.sin6_port == address->to.v6.sin6_port &&
               !memcmp(&own.sin6_addr, &address->to.v6.sin6_addr, sizeof own.sin6_addr);
    const struct sockaddr_in *v4 = (const void *)&own;
    return v4->sin_port == address->to.v4.sin_port &&
           v4->sin_addr.s_addr == address->to.v4.sin_addr.s_addr;
}

/* How the dialling of a socket that is ready went: 0 or an error. */
static int dialled(int fd, const struct address *address) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size)) return errno;
    return !error && met_itself(fd, address) ? ECONNREFUSED : error;
}

/* Send what the socket takes of the request; 0 or an error, EAGAIN where it did not take all. */
static int send_more(struct connection *c, const struct target *target) {
    while (c->sent < target->size) {
        ssize_t n = send(c->fd, target->request + c->sent, target->size - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        c->sent += (size_t)n;
    }
    return 0;
}

/* Bytes that came, up to the end of the response; what stands behind it is nobody's, and ends the
 * connection. */
static void take(struct connection *c, const char *data, size_t size) {
    struct response *r = &c->response;
    while (size && !response_ended(r)) {
        uint64_t expects = response_expects(r);
        size_t part = expects > size ? size : (size_t)expects;
        if (!expects) part = feed_line(r, data, size);
        else {
            if (c->hit.kept) kept_add(c->hit.kept, data, part);
            response_skip(r, part);
        }
        data += part;
        size -= part;
    }
    if (size) r->keeps = false;
}

/* Read once; 0, or an error, EAGAIN where nothing was there. The end of the connection is none
 * where it ends the response, and else ENODATA. */
static int receive(struct connection *c, char *buffer, bool discards) {
    struct response *r = &c->response;
    bool drops = discards && r->part == COUNTED && r->left > BUFFER && !c->hit.kept;
    /* TCP throws away what nobody wants to see, without copying it */
    ssize_t n = drops ? recv(c->fd, NULL, r->left > DISCARD ? DISCARD : (size_t)r->left, MSG_TRUNC)
                      : recv(c->fd, buffer, BUFFER, 0);
    if (n < 0) return errno == EINTR ? EAGAIN : errno;
    if (n == 0) {
        response_closed(r);
        r->keeps = false;
        return r->part == COMPLETE ? 0 : ENODATA;
    }
    if (drops) response_skip(r, (uint64_t)n);
    else take(c, buffer, (size_t)n);
    return 0;
}

#endif
