/* SPDX-License-Identifier: MIT
 * Outcome of a call: a status, and one sentence that says what, where and with which
 * values.
 *
 * Two levels. A *call* fails: it returns a status other than FLX_OK and fills the
 * caller's flx_error. An *item* of a batch fails: the call succeeds and the item carries
 * its own reason. The library never prints and never exits. */
#ifndef FLX_STATUS_H
#define FLX_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#define FLX_STATUS_LIST(X)                                                               \
    X(FLX_OK, "done")                                                                    \
    X(FLX_BAD_INPUT, "the call or an input is wrong")                                    \
    X(FLX_IO_FAILED, "reading or writing failed")                                        \
    X(FLX_NO_MEMORY, "out of memory")                                                    \
    X(FLX_NO_BACKEND, "the backend is not available")                                    \
    X(FLX_DEVICE_FAILED, "the device reported an error")                                 \
    X(FLX_NUMERIC, "a computation did not give a finite result")

#define FLX_STATUS_ENUM(name, text) name,
typedef enum { FLX_STATUS_LIST(FLX_STATUS_ENUM) } flx_status;
#undef FLX_STATUS_ENUM

/* Filled by the first failing call; `message` is one sentence without a newline. */
typedef struct {
    flx_status status;
    char message[1024];
} flx_error;

/* What a status means, in words. Never NULL. */
const char *flx_status_text(flx_status status);

/* Records status and message (printf rules; longer text is cut) and returns status, so
 * that a failing function ends with `return flx_fail(...)`. `error` may be NULL. */
flx_status flx_fail(flx_error *error, flx_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Exit status of the command line for a status: 0 done, 2 wrong call or input, 1 the
 * rest. */
int flx_exit_code(flx_status status);

/* For functions that hold nothing yet: leave with the status of a failing call. */
#define FLX_TRY(call)                                                                    \
    do {                                                                                 \
        flx_status flx_try_status = (call);                                              \
        if (flx_try_status != FLX_OK)                                                    \
            return flx_try_status;                                                       \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
