/* SPDX-License-Identifier: MIT
 * Samples take about a dozen bytes: a number of the stream, the difference of seq_num to
 * the sample before, and the value. */
#include "formats/telemetry/telemetry_block.h"

#include "formats/memory.h"
#include "formats/telemetry/telemetry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* A block is a few megabytes at most; a header with a larger length is not one. */
static const uint32_t largest_part = (uint32_t)1 << 28;

/* --- writing --- */

void flx_block_clear(flx_block *block)
{
    block->n_streams = block->n_samples = 0;
    block->samples.used = block->whole.used = 0;
    block->samples.is_broken = block->whole.is_broken = false;
    block->previous = 0;
}

void flx_block_release(flx_block *block)
{
    free(block->streams);
    flx_bytes_release(&block->samples);
    flx_bytes_release(&block->whole);
    *block = (flx_block){0};
}

int flx_block_add_stream(flx_block *block, const char *uri, flx_knob_type type)
{
    if (!FLX_GROW(block->streams, block->stream_room, block->n_streams + 1))
        return -1;
    block->streams[block->n_streams] = (flx_block_stream){uri, type, -1};
    return block->n_streams++;
}

static uint64_t fold_sign(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

void flx_block_add_sample(flx_block *block, const flx_block_sample *sample)
{
    flx_block_stream *stream = &block->streams[sample->stream];
    flx_bytes_put_variable(&block->samples, (uint64_t)sample->stream);
    flx_bytes_put_variable(&block->samples, fold_sign(sample->seq_num - block->previous));
    if (stream->type == FLX_CHOICES) {
        flx_bytes_put_text(&block->samples, sample->label);
    } else {
        uint64_t bits;
        memcpy(&bits, &sample->number, sizeof bits);
        flx_bytes_put_fixed(&block->samples, bits, 8);
    }
    bool is_first = block->n_samples++ == 0;
    if (is_first || sample->seq_num < block->oldest)
        block->oldest = sample->seq_num;
    if (is_first || sample->seq_num > block->newest)
        block->newest = sample->seq_num;
    if (sample->seq_num > stream->newest)
        stream->newest = sample->seq_num;
    block->previous = sample->seq_num;
}

static uint32_t sum_of(const uint8_t *bytes, size_t length)
{
    return (uint32_t)crc32_z(0, bytes, length);
}

static void put_header(flx_block *block, flx_byte_buffer *header)
{
    const uint8_t *dictionary = block->whole.data + FLX_BLOCK_HEADER_BYTES;
    size_t dictionary_bytes = block->whole.used - FLX_BLOCK_HEADER_BYTES;
    flx_bytes_put(header, FLX_BLOCK_MAGIC, 8);
    flx_bytes_put_fixed(header, dictionary_bytes, 4);
    flx_bytes_put_fixed(header, block->samples.used, 4);
    flx_bytes_put_fixed(header, (uint64_t)block->n_streams, 4);
    flx_bytes_put_fixed(header, (uint64_t)block->n_samples, 4);
    flx_bytes_put_fixed(header, (uint64_t)block->oldest, 8);
    flx_bytes_put_fixed(header, (uint64_t)block->newest, 8);
    flx_bytes_put_fixed(header, sum_of(dictionary, dictionary_bytes), 4);
    flx_bytes_put_fixed(header, sum_of(block->samples.data, block->samples.used), 4);
    if (!header->is_broken)
        flx_bytes_put_fixed(header, sum_of(header->data, header->used), 4);
}

bool flx_block_seal(flx_block *block)
{
    static const uint8_t nothing[FLX_BLOCK_HEADER_BYTES];
    flx_byte_buffer *whole = &block->whole, header = {0};
    whole->used = 0;
    flx_bytes_put(whole, nothing, sizeof nothing);
    for (int i = 0; i < block->n_streams; i++) {
        flx_bytes_put_fixed(whole, block->streams[i].type, 1);
        flx_bytes_put_fixed(whole, (uint64_t)block->streams[i].newest, 8);
        flx_bytes_put_text(whole, block->streams[i].uri);
    }
    if (!whole->is_broken)
        put_header(block, &header);
    flx_bytes_put(whole, block->samples.data, block->samples.used);
    bool is_whole = !block->samples.is_broken && !whole->is_broken && !header.is_broken;
    if (is_whole)
        memcpy(whole->data, header.data, header.used);
    flx_bytes_release(&header);
    return is_whole;
}

/* --- reading --- */

static bool is_seq_num(int64_t value)
{
    return value >= 0 && value <= FLX_SEQ_NUM_MAX;
}

/* Counts are checked against the length of what they count, so that a false count
 * allocates nothing. */
bool flx_block_read_header(const uint8_t *bytes, flx_block_header *header)
{
    if (memcmp(bytes, FLX_BLOCK_MAGIC, 8) != 0)
        return false;
    flx_byte_cursor cursor = {bytes + 8, bytes + FLX_BLOCK_HEADER_BYTES, false};
    header->dictionary_bytes = (uint32_t)flx_bytes_take_fixed(&cursor, 4);
    header->sample_bytes = (uint32_t)flx_bytes_take_fixed(&cursor, 4);
    uint32_t n_streams = (uint32_t)flx_bytes_take_fixed(&cursor, 4);
    uint32_t n_samples = (uint32_t)flx_bytes_take_fixed(&cursor, 4);
    header->oldest = (int64_t)flx_bytes_take_fixed(&cursor, 8);
    header->newest = (int64_t)flx_bytes_take_fixed(&cursor, 8);
    header->dictionary_sum = (uint32_t)flx_bytes_take_fixed(&cursor, 4);
    header->sample_sum = (uint32_t)flx_bytes_take_fixed(&cursor, 4);
    if (flx_bytes_take_fixed(&cursor, 4) != sum_of(bytes, FLX_BLOCK_HEADER_BYTES - 4) ||
        header->dictionary_bytes > largest_part || header->sample_bytes > largest_part ||
        n_streams > header->dictionary_bytes / 10 ||
        n_samples > header->sample_bytes / 3 || !is_seq_num(header->oldest) ||
        !is_seq_num(header->newest))
        return false;
    header->n_streams = (int)n_streams;
    header->n_samples = (int)n_samples;
    return true;
}

bool flx_block_read_dictionary(const flx_block_header *header, const uint8_t *bytes,
                               flx_block_stream *streams)
{
    if (sum_of(bytes, header->dictionary_bytes) != header->dictionary_sum)
        return false;
    flx_byte_cursor cursor = {bytes, bytes + header->dictionary_bytes, false};
    for (int i = 0; i < header->n_streams; i++) {
        uint64_t type = flx_bytes_take_fixed(&cursor, 1);
        int64_t newest = (int64_t)flx_bytes_take_fixed(&cursor, 8);
        const char *uri = flx_bytes_take_text(&cursor);
        if (cursor.is_broken || type > FLX_CHOICES || !is_seq_num(newest) ||
            flx_stream_uri_check(uri, NULL) != FLX_OK)
            return false;
        streams[i] = (flx_block_stream){uri, (flx_knob_type)type, newest};
    }
    return cursor.at == cursor.end;
}

bool flx_block_check_samples(const flx_block_header *header, const uint8_t *bytes)
{
    return sum_of(bytes, header->sample_bytes) == header->sample_sum;
}

flx_sample_cursor flx_block_samples(const flx_stored_block *block)
{
    return (flx_sample_cursor){
        .block = block,
        .bytes = {block->samples, block->samples + block->header.sample_bytes, false}};
}

static double take_number(flx_byte_cursor *bytes)
{
    double number;
    uint64_t bits = flx_bytes_take_fixed(bytes, 8);
    memcpy(&number, &bits, sizeof number);
    return number;
}

bool flx_block_next(flx_sample_cursor *cursor, flx_block_sample *sample)
{
    if (cursor->done == cursor->block->header.n_samples)
        return false;
    uint64_t stream = flx_bytes_take_variable(&cursor->bytes);
    uint64_t folded = flx_bytes_take_variable(&cursor->bytes);
    uint64_t step = (folded >> 1) ^ (folded & 1 ? UINT64_MAX : 0);
    cursor->previous = (int64_t)((uint64_t)cursor->previous + step);
    if (stream >= (uint64_t)cursor->block->header.n_streams ||
        !is_seq_num(cursor->previous))
        return false;
    bool is_choice = cursor->block->streams[stream].type == FLX_CHOICES;
    *sample = (flx_block_sample){.stream = (int)stream, .seq_num = cursor->previous};
    if (is_choice)
        sample->label = flx_bytes_take_text(&cursor->bytes);
    else
        sample->number = take_number(&cursor->bytes);
    cursor->done++;
    return !cursor->bytes.is_broken && (is_choice || isfinite(sample->number));
}
