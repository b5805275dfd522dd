/* SPDX-License-Identifier: MIT */
#include "tests/formats/telemetry/stored.h"

#include "formats/files/text_file.h"
#include "formats/telemetry/telemetry.h"

#include "tests/close.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flx_status print_block(void *context, uint64_t segment,
                              const flx_stored_block *block, flx_error *error)
{
    (void)segment, (void)error;
    FILE *stream = context;
    flx_sample_cursor cursor = flx_block_samples(block);
    for (flx_block_sample sample; flx_block_next(&cursor, &sample);) {
        fprintf(stream, "%s %lld ", block->streams[sample.stream].uri,
                (long long)sample.seq_num);
        if (sample.label)
            fprintf(stream, "%s\n", sample.label);
        else
            fprintf(stream, "%.17g\n", sample.number);
    }
    return FLX_OK;
}

char *stored_text(const char *folder, flx_store_health *health)
{
    char *text = NULL;
    size_t length;
    flx_error error = {0};
    FILE *stream = open_memstream(&text, &length);
    flx_block_visitor visitor = {print_block, stream, true};
    flx_status status = flx_store_read(folder, FLX_SEQ_NUM_MAX, &visitor, health, &error);
    fclose(stream);
    assert_text(error.message, "");
    assert_int(status, FLX_OK);
    return text;
}

void append_samples(flx_store *store, const test_sample *samples, int count)
{
    flx_block block = {0};
    flx_error error = {0};
    for (int i = 0; i < count; i++) {
        const test_sample *from = &samples[i];
        int stream = -1;
        for (int k = 0; k < block.n_streams; k++)
            if (strcmp(block.streams[k].uri, from->uri) == 0)
                stream = k;
        if (stream < 0)
            stream = flx_block_add_stream(&block, from->uri, from->type);
        flx_block_add_sample(&block, &(flx_block_sample){stream, from->seq_num,
                                                         from->number, from->label});
    }
    assert_true(flx_block_seal(&block));
    flx_store_append(store, &block, FLX_SEQ_NUM_MAX, &error);
    assert_text(error.message, "");
    flx_block_release(&block);
}

char *load_bytes(const char *path, size_t *length)
{
    char *bytes;
    flx_error error = {0};
    flx_text_file_read(path, 1 << 26, &bytes, length, &error);
    assert_text(error.message, "");
    return bytes;
}

void save_bytes(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_true(file && fwrite(bytes, 1, length, file) == length);
    assert_true(file && fclose(file) == 0);
}
