/* SPDX-License-Identifier: MIT
 * A sliding buffer over read(2): with a stream of stdio one cannot see whether more
 * input is waiting. */
#include "host/ingestion/ingestion_input.h"

#include "formats/clock.h"
#include "formats/memory.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20 };

typedef struct {
    const flx_ingestion_input *input;
    flx_ingestion *ingestion;
    char *buffer;
    size_t used;      /* bytes in the buffer: the beginning of a line */
    bool is_too_long; /* the rest of a line is being skipped */
    int64_t number;   /* of the line, from 1, blank ones too */
    int64_t lines, done_bytes;
    double committed_s;
} line_reader;

static flx_status fail_line(const line_reader *reader, const char *why, flx_error *error)
{
    return flx_fail(error, FLX_BAD_INPUT, "%s line %lld: %.800s", reader->input->name,
                    (long long)reader->number, why);
}

/* A bad line is skipped and reported, or ends the reading. */
static flx_status refuse(const line_reader *reader, const char *why, flx_error *error)
{
    flx_error sentence = {0};
    flx_status status = fail_line(reader, why, &sentence);
    if (reader->input->is_strict)
        return flx_fail(error, status, "%s", sentence.message);
    if (reader->input->skip)
        reader->input->skip(reader->input->context, sentence.message);
    return FLX_OK;
}

static bool is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r", line[i]) || line[i] == '\0')
            return false;
    return true;
}

static flx_status take_line(line_reader *reader, const char *line, size_t length,
                            flx_error *error)
{
    static const char mark[] = "\xEF\xBB\xBF";
    reader->number++;
    if (reader->number == 1 && length >= 3 && memcmp(line, mark, 3) == 0) {
        line += 3;
        length -= 3;
    }
    if (!reader->is_too_long && is_blank(line, length))
        return FLX_OK;
    reader->lines++;
    flx_error why = {0};
    /* A line that is too long is counted by the engine as any bad line. */
    bool fits = !reader->is_too_long && length <= FLX_TELEMETRY_LINE_BYTES;
    flx_status status = flx_ingestion_add_data(reader->ingestion, fits ? line : "",
                                               fits ? length : 0, &why);
    if (!fits)
        flx_fail(&why, status, "it is longer than %d bytes", FLX_TELEMETRY_LINE_BYTES);
    if (status == FLX_BAD_INPUT)
        return refuse(reader, why.message, error);
    return status == FLX_OK ? FLX_OK : flx_fail(error, status, "%s", why.message);
}

/* All whole lines in the buffer; what is left moves to its front. */
static flx_status take_lines(line_reader *reader, flx_error *error)
{
    char *at = reader->buffer, *end = reader->buffer + reader->used;
    for (char *stop; (stop = memchr(at, '\n', (size_t)(end - at))); at = stop + 1) {
        flx_status status = take_line(reader, at, (size_t)(stop - at), error);
        reader->is_too_long = false;
        if (status != FLX_OK)
            return status;
    }
    reader->used = (size_t)(end - at);
    if (reader->used > FLX_TELEMETRY_LINE_BYTES) {
        reader->is_too_long = true;
        reader->used = 0;
    }
    memmove(reader->buffer, at, reader->used);
    return FLX_OK;
}

static bool has_input(int file)
{
    struct pollfd state = {.fd = file, .events = POLLIN};
    return poll(&state, 1, 0) > 0;
}

static flx_status commit(line_reader *reader, flx_error *error)
{
    reader->committed_s = flx_clock_seconds();
    return flx_ingestion_commit(reader->ingestion, error);
}

/* Before the reader would have to wait, and once a second. */
static flx_status commit_in_time(line_reader *reader, flx_error *error)
{
    double age_s = flx_clock_seconds() - reader->committed_s;
    if (age_s < 1 && has_input(reader->input->file))
        return FLX_OK;
    return commit(reader, error);
}

static flx_status read_piece(line_reader *reader, bool *is_end, flx_error *error)
{
    ssize_t got = read(reader->input->file, reader->buffer + reader->used,
                       BUFFER_BYTES - reader->used);
    *is_end = got == 0;
    if (got < 0 && errno == EAGAIN) {
        /* The pipe was made non-blocking. */
        struct pollfd state = {.fd = reader->input->file, .events = POLLIN};
        poll(&state, 1, -1);
        return FLX_OK;
    }
    if (got < 0 && errno != EINTR)
        return flx_fail(error, FLX_IO_FAILED, "%s: cannot be read after line %lld: %s",
                        reader->input->name, (long long)reader->number, strerror(errno));
    if (got <= 0)
        return FLX_OK;
    reader->used += (size_t)got;
    reader->done_bytes += got;
    FLX_TRY(take_lines(reader, error));
    flx_progress_report(reader->input->progress, (double)reader->done_bytes,
                        (double)reader->input->total_bytes);
    return FLX_OK;
}

static flx_status read_all(line_reader *reader, flx_error *error)
{
    for (bool is_end = false; !is_end;) {
        FLX_TRY(commit_in_time(reader, error));
        FLX_TRY(read_piece(reader, &is_end, error));
    }
    if (reader->used > 0 || reader->is_too_long)
        FLX_TRY(take_line(reader, reader->buffer, reader->used, error));
    return FLX_OK;
}

flx_status flx_ingestion_read(flx_ingestion *ingestion, const flx_ingestion_input *input,
                              int64_t *lines, flx_error *error)
{
    line_reader reader = {.input = input, .ingestion = ingestion};
    *lines = 0;

    FLX_SCOPED char *buffer = malloc(BUFFER_BYTES);
    if (!buffer)
        return flx_no_memory(error, "%s", input->name);
    reader.buffer = buffer;
    reader.committed_s = flx_clock_seconds();
    flx_status status = read_all(&reader, error);
    /* What came before a bad line or a broken input is kept all the same. */
    flx_error second = {0};
    flx_status last = commit(&reader, &second);
    if (last != FLX_OK && (status == FLX_OK || status == FLX_BAD_INPUT))
        status = flx_fail(error, last, "%s", second.message);
    *lines = reader.lines;
    return status;
}
