"""How a transfer ended, from libcurl's code and the operating system's."""

from __future__ import annotations

import errno

import pycurl

from heapwise.model.load import Outcome

_BY_ERRNO = {
    errno.ECONNREFUSED: Outcome.REFUSED,
    # A unix socket that is not there, and one whose queue is full.
    errno.ENOENT: Outcome.REFUSED,
    errno.ENOTCONN: Outcome.REFUSED,
    errno.ECONNRESET: Outcome.RESET,
    errno.EPIPE: Outcome.RESET,
    errno.ECONNABORTED: Outcome.RESET,
    errno.ETIMEDOUT: Outcome.TIMEOUT,
    errno.EMFILE: Outcome.EMFILE,
    errno.ENFILE: Outcome.EMFILE,
    errno.EADDRNOTAVAIL: Outcome.EADDRNOTAVAIL,
    # Linux says EAGAIN where an autobind finds no port, and curl passes it on.
    errno.EADDRINUSE: Outcome.EADDRNOTAVAIL,
    errno.ENETUNREACH: Outcome.UNREACHABLE,
    errno.EHOSTUNREACH: Outcome.UNREACHABLE,
    errno.ENETDOWN: Outcome.UNREACHABLE,
    errno.EACCES: Outcome.UNREACHABLE,
}

_BY_CODE = {
    pycurl.E_OPERATION_TIMEDOUT: Outcome.TIMEOUT,
    # Without an errno, as a failed connect() leaves one: there was not even a socket.
    pycurl.E_COULDNT_CONNECT: Outcome.EMFILE,
    pycurl.E_GOT_NOTHING: Outcome.EARLY_EOF,
    pycurl.E_PARTIAL_FILE: Outcome.EARLY_EOF,
    pycurl.E_SEND_ERROR: Outcome.RESET,
    # Binding the address to send from.
    pycurl.E_INTERFACE_FAILED: Outcome.EADDRNOTAVAIL,
    # Every name is resolved before the run, so this one came from a redirect; see `transport`.
    pycurl.E_COULDNT_RESOLVE_HOST: Outcome.REDIRECT,
    pycurl.E_TOO_MANY_REDIRECTS: Outcome.REDIRECT,
    # The rest of E_RECV_ERROR, without an errno, are responses that make no sense.
    pycurl.E_RECV_ERROR: Outcome.PROTOCOL,
    pycurl.E_UNSUPPORTED_PROTOCOL: Outcome.PROTOCOL,
    pycurl.E_FTP_WEIRD_SERVER_REPLY: Outcome.PROTOCOL,  # the old name of WEIRD_SERVER_REPLY
    pycurl.E_HTTP2: Outcome.PROTOCOL,
    92: Outcome.PROTOCOL,  # CURLE_HTTP2_STREAM, which pycurl has no name for
    95: Outcome.PROTOCOL,  # CURLE_HTTP3, the same
    100: Outcome.PROTOCOL,  # CURLE_TOO_LARGE, the same: headers without end
    96: Outcome.TLS,  # CURLE_QUIC_CONNECT_ERROR, the same
    pycurl.E_SSL_CONNECT_ERROR: Outcome.TLS,
    pycurl.E_PEER_FAILED_VERIFICATION: Outcome.TLS,
    pycurl.E_SSL_CERTPROBLEM: Outcome.TLS,
    pycurl.E_SSL_CIPHER: Outcome.TLS,
    pycurl.E_SSL_CACERT_BADFILE: Outcome.TLS,
    pycurl.E_SSL_ISSUER_ERROR: Outcome.TLS,
    pycurl.E_SSL_CRL_BADFILE: Outcome.TLS,
    pycurl.E_SSL_ENGINE_INITFAILED: Outcome.TLS,
}

_TRANSFER = frozenset({pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR})
_ASK_ERRNO = _TRANSFER | {pycurl.E_COULDNT_CONNECT, pycurl.E_INTERFACE_FAILED}


def classify(code: int, os_errno: int, message: str = "") -> Outcome:
    """The class of a failed transfer.

    Args:
        code: libcurl's ``CURLE_`` number, not zero.
        os_errno: ``CURLINFO_OS_ERRNO``, which outlives the transfer it belongs to, so it is
            believed only for codes that set it.
        message: libcurl's words; the only sign of an alert that came after the handshake, as
            servers send one that miss the client's certificate (TLS 1.3).
    """
    if code in _TRANSFER and "SSL_" in message:
        return Outcome.TLS
    if code in _ASK_ERRNO and os_errno in _BY_ERRNO:
        return _BY_ERRNO[os_errno]
    return _BY_CODE.get(code, Outcome.OTHER)
