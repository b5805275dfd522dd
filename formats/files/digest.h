/* SPDX-License-Identifier: MIT
 * SHA-256 (FIPS 180-4), fed piece by piece. */
#ifndef FLX_DIGEST_H
#define FLX_DIGEST_H

#include "formats/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
} flx_digest;

void flx_digest_start(flx_digest *digest);
void flx_digest_add(flx_digest *digest, const void *bytes, size_t length);
/* The text with its terminating NUL, so that ("ab", "c") and ("a", "bc") differ. */
void flx_digest_add_text(flx_digest *digest, const char *text);
/* Eight bytes, the least significant first, whatever the machine. */
void flx_digest_add_integer(flx_digest *digest, uint64_t value);
/* As its 64 bits; every NaN counts as the same. */
void flx_digest_add_double(flx_digest *digest, double value);
/* 64 hexadecimal digits and a NUL. */
void flx_digest_finish(flx_digest *digest, char hex[65]);

/* Of a whole file, read in pieces. FLX_BAD_INPUT where it cannot be opened. */
flx_status flx_digest_file(const char *path, char hex[65], flx_error *error);
#endif
