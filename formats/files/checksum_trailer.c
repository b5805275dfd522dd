/* SPDX-License-Identifier: MIT */
#include "formats/files/checksum_trailer.h"

#include "formats/files/digest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define INTRODUCTION "\nfluxion-sha256 "

static void write_trailer(flx_digest *digest,
                          char trailer[FLX_CHECKSUM_TRAILER_LENGTH + 1])
{
    char hex[65];
    flx_digest_finish(digest, hex);
    snprintf(trailer, FLX_CHECKSUM_TRAILER_LENGTH + 1, INTRODUCTION "%s\n", hex);
}

void flx_checksum_trailer_make(const void *bytes, size_t length,
                               char trailer[FLX_CHECKSUM_TRAILER_LENGTH + 1])
{
    flx_digest digest;
    flx_digest_start(&digest);
    flx_digest_add(&digest, bytes, length);
    write_trailer(&digest, trailer);
}

/* Digests all but the last FLX_CHECKSUM_TRAILER_LENGTH bytes, which stand in `last`
 * afterwards; false where the file is shorter than that. The piece is kept that much
 * behind the reading, so that a file is read once and need not be seekable. */
static bool digest_body(FILE *file, flx_digest *digest,
                        char last[FLX_CHECKSUM_TRAILER_LENGTH])
{
    char piece[FLX_CHECKSUM_TRAILER_LENGTH + 16384];
    size_t held = 0, got;
    flx_digest_start(digest);
    while ((got = fread(piece + held, 1, sizeof piece - held, file)) > 0) {
        held += got;
        if (held <= FLX_CHECKSUM_TRAILER_LENGTH)
            continue;
        size_t body = held - FLX_CHECKSUM_TRAILER_LENGTH;
        flx_digest_add(digest, piece, body);
        memmove(piece, piece + body, FLX_CHECKSUM_TRAILER_LENGTH);
        held = FLX_CHECKSUM_TRAILER_LENGTH;
    }
    memcpy(last, piece, held);
    return held == FLX_CHECKSUM_TRAILER_LENGTH;
}

static flx_status check(const char *path, bool is_required, flx_error *error)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return flx_fail(error, FLX_BAD_INPUT, "%s: cannot be opened: %s", path,
                        strerror(errno));
    flx_digest digest;
    char found[FLX_CHECKSUM_TRAILER_LENGTH], expected[FLX_CHECKSUM_TRAILER_LENGTH + 1];
    bool is_long_enough = digest_body(file, &digest, found);
    bool is_broken = ferror(file);
    fclose(file);
    if (is_broken)
        return flx_fail(error, FLX_IO_FAILED, "%s: cannot be read", path);
    if (!is_long_enough || memcmp(found, INTRODUCTION, strlen(INTRODUCTION)) != 0)
        return is_required
                   ? flx_fail(error, FLX_BAD_INPUT,
                              "%s is damaged: it does not end with its checksum (cut "
                              "short?)",
                              path)
                   : FLX_OK;
    write_trailer(&digest, expected);
    if (memcmp(found, expected, FLX_CHECKSUM_TRAILER_LENGTH) != 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s is damaged: its content does not give its checksum", path);
    return FLX_OK;
}

flx_status flx_checksum_trailer_check(const char *path, flx_error *error)
{
    return check(path, true, error);
}

flx_status flx_checksum_trailer_check_if_any(const char *path, flx_error *error)
{
    return check(path, false, error);
}
