/* SPDX-License-Identifier: MIT
 * One line of telemetry (paper 4.3): a JSON object with stream_uri, type, seq_num and
 * val, and what the address of a stream says. */
#ifndef FLX_TELEMETRY_H
#define FLX_TELEMETRY_H

#include "formats/deployment.h"
#include "formats/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLX_STREAM_URI_BYTES 1000 /* longest address, and longest label of a choice */
/* Room for nanoseconds since 1970, and differences of two fit into 64 bits. */
#define FLX_SEQ_NUM_MAX ((int64_t)1 << 62)

typedef struct {
    const char *stream_uri;
    flx_knob_type type;
    int64_t seq_num;   /* 0 to FLX_SEQ_NUM_MAX, as a rule Unix seconds */
    double number;     /* continuous: finite; discrete: an integer within 2^53 */
    const char *label; /* choices; else NULL */
    void *document;    /* what the texts point into */
} flx_telemetry;

/* Reads one line (without need of a NUL). FLX_BAD_INPUT for anything but an object with
 * exactly the four keys and values that fit the type; the message is a sentence about the
 * line, the caller knows its place. Release *out after success only. */
flx_status flx_telemetry_parse(const char *line, size_t length, flx_telemetry *out,
                               flx_error *error);
void flx_telemetry_release(flx_telemetry *telemetry);

/* SYSTEM/SERVICE[.OPERATION]/INDEX/NAME: INDEX is a number from 0, or "all" for what the
 * callers of a replicated service see. Names of services may hold '/', '.', ':' and
 * spaces, so the parts are found from both ends; NAME holds no ':' and no '/'. */
flx_status flx_stream_uri_check(const char *uri, flx_error *error);

typedef struct {
    const char *service; /* SERVICE[.OPERATION], inside the address */
    int service_bytes;
    int instance; /* -1: all */
    const char *name;
} flx_stream_parts;
/* Parts of a checked address of that system; false where it is another system's. */
bool flx_stream_uri_split(const char *uri, const char *system, flx_stream_parts *parts);
#endif
