/* SPDX-License-Identifier: MIT
 * One write, one flush, and only then the acknowledgement. A failed write is cut back,
 * so that a full disk leaves nothing that a reader would stumble over. */
#include "formats/telemetry/telemetry_store.h"

#include "formats/memory.h"
#include "formats/telemetry/telemetry.h"
#include "formats/telemetry/telemetry_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Small enough to be read whole and dropped quickly. */
static const int64_t full_segment_bytes = (int64_t)16 << 20;

struct flx_store {
    char *folder;
    int lock, active; /* active: the segment that grows, or -1 */
    bool is_sealed;   /* the last segment takes no more blocks */
    bool is_broken;   /* a write failed */
    int n_segments;
    size_t segment_room;
    flx_segment_state *segments;
    uint64_t next_number; /* of a new segment: never one that was used before */
    flx_store_health health;
};

static void add_health(flx_store_health *health, const flx_segment_state *state)
{
    if (state->is_gone)
        return;
    health->n_segments++;
    health->bytes += state->bytes;
    health->blocks += state->blocks;
    health->damaged_bytes += state->damaged_bytes;
    health->torn_bytes += state->torn_bytes;
}

static flx_status read_numbered(const char *folder, int64_t limit,
                                const flx_block_visitor *visitor,
                                flx_segment_state *state, flx_error *error)
{
    FLX_SCOPED char *path = flx_segment_path(folder, state->number);
    if (!path)
        return flx_no_memory(error, "%s", folder);
    return flx_segment_read(path, limit, visitor, state, error);
}

flx_status flx_store_read(const char *folder, int64_t limit,
                          const flx_block_visitor *visitor, flx_store_health *health,
                          flx_error *error)
{
    FLX_SCOPED flx_segment_state *segments = NULL;
    int count;
    *health = (flx_store_health){0};
    FLX_TRY(flx_store_check(folder, error));
    FLX_TRY(flx_store_list(folder, &segments, &count, error));
    for (int i = 0; i < count; i++) {
        FLX_TRY(read_numbered(folder, limit, visitor, &segments[i], error));
        add_health(health, &segments[i]);
    }
    return FLX_OK;
}

/* --- opening --- */

static flx_status open_segment(flx_store *store, uint64_t number, int flags,
                               flx_error *error)
{
    FLX_SCOPED char *path = flx_segment_path(store->folder, number);
    if (!path)
        return flx_no_memory(error, "%s", store->folder);
    store->active = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0666);
    if (store->active < 0 || (flags && flx_flush_folder(store->folder) != 0))
        return flx_fail(error, FLX_IO_FAILED, "%s: cannot be written: %s", path,
                        strerror(errno));
    return FLX_OK;
}

/* The last segment grows on, without the torn end. */
static flx_status resume_last(flx_store *store, flx_error *error)
{
    if (store->n_segments == 0)
        return FLX_OK;
    flx_segment_state *last = &store->segments[store->n_segments - 1];
    store->next_number = last->number + 1;
    FLX_TRY(open_segment(store, last->number, 0, error));
    int64_t whole = last->bytes - last->torn_bytes;
    if (last->torn_bytes > 0 &&
        (ftruncate(store->active, whole) != 0 || fsync(store->active) != 0))
        return flx_fail(error, FLX_IO_FAILED,
                        "%s: the torn end of segment %llu cannot be cut off: %s",
                        store->folder, (unsigned long long)last->number, strerror(errno));
    last->bytes = whole;
    last->torn_bytes = 0;
    store->is_sealed = whole >= full_segment_bytes;
    return FLX_OK;
}

static flx_status recover(flx_store *store, int64_t limit,
                          const flx_block_visitor *visitor, flx_error *error)
{
    FLX_TRY(flx_store_claim(store->folder, &store->lock, error));
    FLX_TRY(flx_store_list(store->folder, &store->segments, &store->n_segments, error));
    for (int i = 0; i < store->n_segments; i++) {
        FLX_TRY(read_numbered(store->folder, limit, visitor, &store->segments[i], error));
        add_health(&store->health, &store->segments[i]);
    }
    return resume_last(store, error);
}

flx_status flx_store_open(const char *folder, int64_t limit,
                          const flx_block_visitor *visitor, flx_store **out,
                          flx_error *error)
{
    *out = NULL;
    flx_store *store;
    if (!FLX_NEW(store, 1))
        return flx_no_memory(error, "%s", folder);
    store->lock = store->active = -1;
    store->next_number = 1;
    flx_status status = flx_copy_text(folder, &store->folder, error);
    if (status == FLX_OK)
        status = recover(store, limit, visitor, error);
    if (status == FLX_OK)
        *out = store;
    else
        flx_store_close(store);
    return status;
}

void flx_store_close(flx_store *store)
{
    if (!store)
        return;
    if (store->active >= 0)
        close(store->active);
    if (store->lock >= 0)
        close(store->lock);
    free(store->segments);
    free(store->folder);
    free(store);
}

flx_store_health flx_store_health_at_open(const flx_store *store)
{
    return store->health;
}

/* --- writing --- */

static bool last_can_grow(const flx_store *store)
{
    return store->active >= 0 && !store->is_sealed;
}

uint64_t flx_store_next_segment(const flx_store *store)
{
    return last_can_grow(store) ? store->segments[store->n_segments - 1].number
                                : store->next_number;
}

void flx_store_seal(flx_store *store)
{
    store->is_sealed = true;
}

static flx_status begin_segment(flx_store *store, flx_error *error)
{
    if (!FLX_GROW(store->segments, store->segment_room, store->n_segments + 1))
        return flx_no_memory(error, "the segments of %s", store->folder);
    if (store->active >= 0)
        close(store->active);
    FLX_TRY(open_segment(store, store->next_number, O_CREAT | O_EXCL, error));
    store->segments[store->n_segments++] =
        (flx_segment_state){.number = store->next_number++, .first = -1, .newest = -1};
    store->is_sealed = false;
    return FLX_OK;
}

/* 0, or -1 with errno. */
static int write_all(int file, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t wrote = write(file, bytes, length);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return -1;
        bytes += wrote;
        length -= (size_t)wrote;
    }
    return fdatasync(file);
}

flx_status flx_store_append(flx_store *store, const flx_block *block, int64_t limit,
                            flx_error *error)
{
    flx_status status = FLX_OK;
    if (store->is_broken)
        return flx_fail(error, FLX_IO_FAILED, "%s: an earlier write failed",
                        store->folder);
    if (!last_can_grow(store))
        status = begin_segment(store, error);
    if (status != FLX_OK) {
        store->is_broken = true;
        return status;
    }
    flx_segment_state *last = &store->segments[store->n_segments - 1];
    if (write_all(store->active, block->whole.data, block->whole.used) != 0) {
        int cause = errno;
        store->is_broken = true;
        int outcome = ftruncate(store->active, last->bytes);
        return flx_fail(error, FLX_IO_FAILED,
                        "%s: segment %llu cannot be written: %s; what was acknowledged "
                        "is safe%s",
                        store->folder, (unsigned long long)last->number, strerror(cause),
                        outcome == 0 ? "" : ", the next run cuts off the rest");
    }
    last->bytes += (int64_t)block->whole.used;
    last->blocks++;
    flx_segment_span(last, block->oldest, block->newest, limit);
    if (last->bytes >= full_segment_bytes)
        store->is_sealed = true;
    return FLX_OK;
}

/* --- retention --- */

const flx_segment_state *flx_store_segments(const flx_store *store, int *count)
{
    *count = store->n_segments;
    return store->segments;
}

flx_status flx_store_read_segment(const flx_store *store, int index,
                                  const flx_block_visitor *visitor, flx_error *error)
{
    flx_segment_state state = store->segments[index];
    return read_numbered(store->folder, FLX_SEQ_NUM_MAX, visitor, &state, error);
}

flx_status flx_store_drop(flx_store *store, int index, flx_error *error)
{
    FLX_SCOPED char *path =
        flx_segment_path(store->folder, store->segments[index].number);
    if (!path)
        return flx_no_memory(error, "%s", store->folder);
    bool is_last = index == store->n_segments - 1;
    if (is_last && store->active >= 0) {
        close(store->active);
        store->active = -1;
    }
    if (unlink(path) != 0 && errno != ENOENT)
        return flx_fail(error, FLX_IO_FAILED, "%s: cannot be removed: %s", path,
                        strerror(errno));
    size_t behind = (size_t)(store->n_segments - 1 - index);
    memmove(&store->segments[index], &store->segments[index + 1],
            behind * sizeof *store->segments);
    store->n_segments--;
    return FLX_OK;
}
