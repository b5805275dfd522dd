/* SPDX-License-Identifier: MIT
 * Streams, the block under construction, and retention. */
#include "host/ingestion/ingestion.h"

#include "formats/memory.h"
#include "formats/telemetry.h"
#include "host/ingestion/stream_table.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A block of this size ends at the next change of seq_num, so that an acknowledged
 * second is complete; one of four times the size ends anywhere. */
enum { WISHED_SAMPLES = 16384, WISHED_BYTES = 1 << 20, AT_MOST = 4 };
/* Only whole segments are dropped, so a store with a limit consists of at least 8 of
 * them. */
enum { SEGMENTS_KEPT = 8 };

struct flx_ingestion {
    flx_ingestion_options options;
    flx_store *store;
    flx_stream_table streams;
    flx_block block;
    uint64_t block_number; /* counts blocks, from 1 */
    int64_t last_seq_num;  /* of the last line in the block */
    int64_t latest;        /* see flx_ingestion_latest */
    int64_t clock;         /* newest plausible seq_num; see flx_ingestion_latest */
    flx_ingestion_counts counts;
};

int64_t flx_ingestion_latest(void)
{
    return (int64_t)time(NULL) + 3600;
}

static void advance_clock(flx_ingestion *ingestion, int64_t seq_num)
{
    if (seq_num > ingestion->clock && seq_num <= ingestion->latest)
        ingestion->clock = seq_num;
}

static void update_newest(const flx_ingestion *ingestion, flx_stream *stream,
                          int64_t seq_num, uint64_t segment)
{
    if (seq_num >= stream->newest.seq_num) {
        stream->newest.seq_num = seq_num;
        stream->newest.segment = segment;
    }
    if (seq_num >= stream->plausible.seq_num && seq_num <= ingestion->latest) {
        stream->plausible.seq_num = seq_num;
        stream->plausible.segment = segment;
    }
}

/* --- opening --- */

static flx_status register_streams(void *context, uint64_t segment,
                                   const flx_stored_block *block, flx_error *error)
{
    flx_ingestion *ingestion = context;
    for (int i = 0; i < block->header.n_streams; i++) {
        const flx_block_stream *met = &block->streams[i];
        flx_stream *stream = flx_stream_find(&ingestion->streams, met->uri);
        if (!stream)
            FLX_TRY(
                flx_stream_add(&ingestion->streams, met->uri, met->type, &stream, error));
        update_newest(ingestion, stream, met->newest, segment);
        advance_clock(ingestion, met->newest);
    }
    return FLX_OK;
}

static flx_status apply_retention(flx_ingestion *ingestion, flx_error *error);

static flx_status open_store(flx_ingestion *ingestion, const char *folder,
                             flx_error *error)
{
    flx_block_visitor visitor = {.visit = register_streams, .context = ingestion};
    FLX_TRY(
        flx_store_open(folder, ingestion->latest, &visitor, &ingestion->store, error));
    flx_store_health health = flx_store_health_at_open(ingestion->store);
    ingestion->counts.damaged_bytes = health.damaged_bytes;
    ingestion->counts.torn_bytes = health.torn_bytes;
    return apply_retention(ingestion, error);
}

flx_status flx_ingestion_open(const char *folder, const flx_ingestion_options *options,
                              flx_ingestion **out, flx_error *error)
{
    *out = NULL;
    flx_ingestion *ingestion;
    if (!FLX_NEW(ingestion, 1))
        return flx_no_memory(error, "%s", folder);
    ingestion->options = *options;
    ingestion->block_number = 1;
    ingestion->latest = flx_ingestion_latest();
    ingestion->clock = ingestion->counts.acknowledged = -1;
    flx_status status = open_store(ingestion, folder, error);
    if (status == FLX_OK)
        *out = ingestion;
    else
        flx_ingestion_close(ingestion);
    return status;
}

void flx_ingestion_close(flx_ingestion *ingestion)
{
    if (!ingestion)
        return;
    flx_store_close(ingestion->store);
    flx_block_release(&ingestion->block);
    flx_stream_table_release(&ingestion->streams);
    free(ingestion);
}

/* --- the block --- */

/* Writes what the block holds, acknowledged or not. */
static flx_status write_block(flx_ingestion *ingestion, flx_error *error)
{
    flx_block *block = &ingestion->block;
    if (!flx_block_seal(block))
        return flx_no_memory(error, "a block of %d samples", block->n_samples);
    ingestion->latest = flx_ingestion_latest();
    FLX_TRY(flx_store_append(ingestion->store, block, ingestion->latest, error));
    ingestion->counts.blocks++;
    ingestion->counts.bytes += (int64_t)block->whole.used;
    ingestion->block_number++;
    flx_block_clear(block);
    return FLX_OK;
}

static flx_status put_sample(flx_ingestion *ingestion, flx_stream *stream,
                             flx_block_sample sample, flx_error *error)
{
    flx_block *block = &ingestion->block;
    if (stream->block != ingestion->block_number) {
        stream->block_index = flx_block_add_stream(block, stream->uri, stream->type);
        if (stream->block_index < 0)
            return flx_no_memory(error, "a block of %d streams", block->n_streams);
        stream->block = ingestion->block_number;
    }
    sample.stream = stream->block_index;
    flx_block_add_sample(block, &sample);
    update_newest(ingestion, stream, sample.seq_num,
                  flx_store_next_segment(ingestion->store));
    return FLX_OK;
}

static bool exceeds(const flx_block *block, int times)
{
    return block->n_samples >= times * WISHED_SAMPLES ||
           block->samples.used >= (size_t)times * WISHED_BYTES;
}

static bool is_full(const flx_ingestion *ingestion, int64_t next)
{
    const flx_block *block = &ingestion->block;
    return exceeds(block, AT_MOST) ||
           (exceeds(block, 1) && next != ingestion->last_seq_num);
}

static flx_status find_stream(flx_ingestion *ingestion, const flx_telemetry *line,
                              flx_stream **out, flx_error *error)
{
    *out = flx_stream_find(&ingestion->streams, line->stream_uri);
    if (!*out)
        return flx_stream_add(&ingestion->streams, line->stream_uri, line->type, out,
                              error);
    if ((*out)->type != line->type)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "\"type\" is \"%s\", but stream \"%.200s\" is \"%s\" in this store",
            flx_knob_type_words[line->type], line->stream_uri,
            flx_knob_type_words[(*out)->type]);
    return FLX_OK;
}

static flx_status add_parsed(flx_ingestion *ingestion, const flx_telemetry *line,
                             flx_error *error)
{
    flx_stream *stream;
    FLX_TRY(find_stream(ingestion, line, &stream, error));
    if (is_full(ingestion, line->seq_num))
        FLX_TRY(flx_ingestion_commit(ingestion, error));
    ingestion->counts.late += line->seq_num < stream->newest.seq_num;
    ingestion->counts.repeated += line->seq_num == stream->newest.seq_num;
    flx_block_sample sample = {
        .seq_num = line->seq_num, .number = line->number, .label = line->label};
    FLX_TRY(put_sample(ingestion, stream, sample, error));
    ingestion->last_seq_num = line->seq_num;
    advance_clock(ingestion, line->seq_num);
    return FLX_OK;
}

flx_status flx_ingestion_add_data(flx_ingestion *ingestion, const char *line,
                                  size_t length, flx_error *error)
{
    flx_telemetry parsed;
    flx_status status = flx_telemetry_parse(line, length, &parsed, error);
    if (status == FLX_OK) {
        status = add_parsed(ingestion, &parsed, error);
        flx_telemetry_release(&parsed);
    }
    ingestion->counts.bad += status == FLX_BAD_INPUT;
    return status;
}

flx_status flx_ingestion_commit(flx_ingestion *ingestion, flx_error *error)
{
    int count = ingestion->block.n_samples;
    if (count == 0)
        return FLX_OK;
    FLX_TRY(write_block(ingestion, error));
    ingestion->counts.stored += count;
    ingestion->counts.acknowledged = ingestion->last_seq_num;
    const flx_ingestion_options *options = &ingestion->options;
    if (options->acknowledge)
        FLX_TRY(options->acknowledge(options->context, ingestion->last_seq_num, error));
    return apply_retention(ingestion, error);
}

flx_ingestion_counts flx_ingestion_count(const flx_ingestion *ingestion)
{
    flx_ingestion_counts counts = ingestion->counts;
    counts.streams = ingestion->streams.count;
    return counts;
}

/* --- retention --- */

/* Whether a sample is the latest and lies in the segment to be dropped. All samples
 * with that seq_num are carried, in their order, so that the last one remains the
 * last. */
static bool is_latest(flx_latest *latest, int64_t seq_num, uint64_t segment)
{
    if (latest->seq_num != seq_num ||
        (latest->segment != segment && latest->carried_from != segment))
        return false;
    latest->carried_from = segment;
    return true;
}

/* The latest sample of every stream is carried into a new block: a knob that was set
 * once, long ago, keeps its value. */
static flx_status carry_values(void *context, uint64_t segment,
                               const flx_stored_block *block, flx_error *error)
{
    flx_ingestion *ingestion = context;
    flx_sample_cursor cursor = flx_block_samples(block);
    for (flx_block_sample sample; flx_block_next(&cursor, &sample);) {
        const flx_block_stream *from = &block->streams[sample.stream];
        flx_stream *stream = flx_stream_find(&ingestion->streams, from->uri);
        if (!stream || stream->type != from->type)
            continue;
        bool is_newest = is_latest(&stream->newest, sample.seq_num, segment);
        bool is_plausible = is_latest(&stream->plausible, sample.seq_num, segment);
        if (!is_newest && !is_plausible)
            continue;
        FLX_TRY(put_sample(ingestion, stream, sample, error));
        ingestion->counts.carried++;
        if (exceeds(&ingestion->block, AT_MOST))
            FLX_TRY(write_block(ingestion, error));
    }
    return FLX_OK;
}

static flx_status drop_segment(flx_ingestion *ingestion, int index, flx_error *error)
{
    flx_block_visitor visitor = {carry_values, ingestion, true};
    FLX_TRY(flx_store_read_segment(ingestion->store, index, &visitor, error));
    if (ingestion->block.n_samples > 0)
        FLX_TRY(write_block(ingestion, error));
    ingestion->counts.dropped_segments++;
    return flx_store_drop(ingestion->store, index, error);
}

/* Ends the last segment early enough, since only whole ones are dropped. */
static void seal_in_time(flx_ingestion *ingestion)
{
    int count;
    const flx_segment_state *segments = flx_store_segments(ingestion->store, &count);
    if (count == 0)
        return;
    const flx_segment_state *last = &segments[count - 1];
    const flx_ingestion_options *options = &ingestion->options;
    bool is_large =
        options->keep_bytes > 0 && last->bytes >= options->keep_bytes / SEGMENTS_KEPT;
    bool is_long = options->keep_seconds > 0 &&
                   last->newest - last->first > options->keep_seconds / SEGMENTS_KEPT;
    if (is_large || is_long)
        flx_store_seal(ingestion->store);
}

/* The segment to drop, but never the last; -1: none. */
static int find_expired(const flx_ingestion *ingestion)
{
    int count;
    const flx_segment_state *segments = flx_store_segments(ingestion->store, &count);
    const flx_ingestion_options *options = &ingestion->options;
    int64_t bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += segments[i].bytes;
    if (options->keep_bytes > 0 && bytes > options->keep_bytes && count > 1)
        return 0;
    for (int i = 0; options->keep_seconds > 0 && i < count - 1; i++)
        if (segments[i].newest >= 0 &&
            segments[i].newest < ingestion->clock - options->keep_seconds)
            return i;
    return -1;
}

static flx_status apply_retention(flx_ingestion *ingestion, flx_error *error)
{
    for (int index; (index = find_expired(ingestion)) >= 0;)
        FLX_TRY(drop_segment(ingestion, index, error));
    /* Afterwards, so that no segment begins with the old values that were carried. */
    seal_in_time(ingestion);
    return FLX_OK;
}
