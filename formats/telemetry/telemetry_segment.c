/* SPDX-License-Identifier: MIT
 * pread from header to header: of a sealed segment only headers and dictionaries are
 * touched. The file is not mapped, since another process may shorten it. */
#include "formats/telemetry/telemetry_segment.h"

#include "formats/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *path;
    int file;
    int64_t size;
    uint8_t *bytes; /* dictionary and samples of a block, or a piece to search */
    size_t room;
    flx_block_stream *streams;
    size_t stream_room;
} segment_file;

/* Exactly `length` bytes from `at` into file->bytes. */
static flx_status load(segment_file *file, int64_t at, size_t length, flx_error *error)
{
    if (!FLX_GROW(file->bytes, file->room, length))
        return flx_no_memory(error, "%zu bytes of %s", length, file->path);
    for (size_t got = 0; got < length;) {
        ssize_t n = pread(file->file, file->bytes + got, length - got, at + (off_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return flx_fail(error, FLX_IO_FAILED, "%s: cannot be read at byte %lld: %s",
                            file->path, (long long)(at + (int64_t)got),
                            n < 0 ? strerror(errno) : "it became shorter");
        got += (size_t)n;
    }
    return FLX_OK;
}

static int64_t block_bytes(const flx_block_header *header)
{
    return FLX_BLOCK_HEADER_BYTES + (int64_t)header->dictionary_bytes +
           (int64_t)header->sample_bytes;
}

void flx_segment_span(flx_segment_state *state, int64_t oldest, int64_t newest,
                      int64_t limit)
{
    int64_t end = newest <= limit ? newest : oldest;
    if (end > limit)
        return;
    if (state->first < 0)
        state->first = end;
    if (end > state->newest)
        state->newest = end;
}

/* The block behind a good header: visited, or counted as damaged. */
static flx_status read_block(segment_file *file, int64_t at,
                             const flx_block_header *header,
                             const flx_block_visitor *visitor, int64_t limit,
                             flx_segment_state *state, flx_error *error)
{
    size_t length = header->dictionary_bytes;
    if (visitor->with_samples)
        length += header->sample_bytes;
    FLX_TRY(load(file, at + FLX_BLOCK_HEADER_BYTES, length, error));
    if (!FLX_GROW(file->streams, file->stream_room, header->n_streams + 1))
        return flx_no_memory(error, "the streams of %s", file->path);
    flx_stored_block block = {.header = *header, .streams = file->streams};
    if (visitor->with_samples)
        block.samples = file->bytes + header->dictionary_bytes;
    if (!flx_block_read_dictionary(header, file->bytes, file->streams) ||
        (block.samples && !flx_block_check_samples(header, block.samples))) {
        state->damaged_bytes += block_bytes(header);
        return FLX_OK;
    }
    state->blocks++;
    flx_segment_span(state, header->oldest, header->newest, limit);
    return visitor->visit ? visitor->visit(visitor->context, state->number, &block, error)
                          : FLX_OK;
}

/* Where the next good header begins, from `at` on; the size where there is none. */
static flx_status find_header(segment_file *file, int64_t at, int64_t *found,
                              flx_error *error)
{
    enum { PIECE = 1 << 20 };
    flx_block_header header;
    *found = file->size;
    while (file->size - at >= FLX_BLOCK_HEADER_BYTES) {
        int64_t left = file->size - at;
        size_t length = left < PIECE ? (size_t)left : PIECE;
        FLX_TRY(load(file, at, length, error));
        size_t last = length - FLX_BLOCK_HEADER_BYTES;
        for (size_t i = 0; i <= last; i++)
            if (flx_block_read_header(file->bytes + i, &header)) {
                *found = at + (int64_t)i;
                return FLX_OK;
            }
        at += (int64_t)last + 1;
    }
    return FLX_OK;
}

/* Bytes at the end that a cut-off write leaves: the first of a header, or zeros. */
static flx_status is_torn(segment_file *file, int64_t at, bool *torn, flx_error *error)
{
    enum { PIECE = 1 << 20 };
    int64_t left = file->size - at;
    FLX_TRY(load(file, at, left < PIECE ? (size_t)left : PIECE, error));
    size_t magic = left < 8 ? (size_t)left : 8;
    *torn =
        left < FLX_BLOCK_HEADER_BYTES && memcmp(file->bytes, FLX_BLOCK_MAGIC, magic) == 0;
    bool all_zero = true;
    while (all_zero && at < file->size) {
        left = file->size - at;
        size_t length = left < PIECE ? (size_t)left : PIECE;
        FLX_TRY(load(file, at, length, error));
        for (size_t i = 0; all_zero && i < length; i++)
            all_zero = file->bytes[i] == 0;
        at += (int64_t)length;
    }
    *torn = *torn || all_zero;
    return FLX_OK;
}

/* Damaged bytes from `at`: *next is where reading goes on. */
static flx_status step_over(segment_file *file, int64_t at, int64_t *next,
                            flx_segment_state *state, flx_error *error)
{
    FLX_TRY(find_header(file, at + 1, next, error));
    bool torn = false;
    if (*next == file->size)
        FLX_TRY(is_torn(file, at, &torn, error));
    if (torn)
        state->torn_bytes = *next - at;
    else
        state->damaged_bytes += *next - at;
    return FLX_OK;
}

static flx_status read_blocks(segment_file *file, int64_t limit,
                              const flx_block_visitor *visitor, flx_segment_state *state,
                              flx_error *error)
{
    for (int64_t at = 0, next; at < file->size; at = next) {
        flx_block_header header;
        bool has_room = file->size - at >= FLX_BLOCK_HEADER_BYTES;
        if (has_room)
            FLX_TRY(load(file, at, FLX_BLOCK_HEADER_BYTES, error));
        if (!has_room || !flx_block_read_header(file->bytes, &header)) {
            FLX_TRY(step_over(file, at, &next, state, error));
            continue;
        }
        next = at + block_bytes(&header);
        if (next > file->size) {
            state->torn_bytes = file->size - at;
            return FLX_OK;
        }
        FLX_TRY(read_block(file, at, &header, visitor, limit, state, error));
    }
    return FLX_OK;
}

flx_status flx_segment_read(const char *path, int64_t limit,
                            const flx_block_visitor *visitor, flx_segment_state *state,
                            flx_error *error)
{
    *state = (flx_segment_state){.number = state->number, .first = -1, .newest = -1};
    segment_file file = {.path = path, .file = open(path, O_RDONLY | O_CLOEXEC)};
    if (file.file < 0 && errno == ENOENT) {
        state->is_gone = true;
        return FLX_OK;
    }
    struct stat about;
    if (file.file < 0 || fstat(file.file, &about) != 0 || !S_ISREG(about.st_mode)) {
        flx_status status =
            flx_fail(error, FLX_IO_FAILED, "%s: cannot be read: %s", path,
                     file.file < 0 ? strerror(errno) : "it is no plain file");
        if (file.file >= 0)
            close(file.file);
        return status;
    }
    file.size = state->bytes = about.st_size;
    flx_status status = read_blocks(&file, limit, visitor, state, error);
    close(file.file);
    free(file.bytes);
    free(file.streams);
    return status;
}
