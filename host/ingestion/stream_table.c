/* SPDX-License-Identifier: MIT */
#include "host/ingestion/stream_table.h"

#include "formats/memory.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(((const flx_stream *)a)->uri, ((const flx_stream *)b)->uri);
}

flx_stream *flx_stream_find(const flx_stream_table *table, const char *uri)
{
    flx_stream wanted = {.uri = (char *)(uintptr_t)uri};
    flx_stream *const *node = tfind(&wanted, &table->tree, compare);
    return node ? *node : NULL;
}

flx_status flx_stream_add(flx_stream_table *table, const char *uri, flx_knob_type type,
                          flx_stream **out, flx_error *error)
{
    *out = NULL;
    if (table->count == FLX_STREAMS_MAX)
        return flx_fail(error, FLX_BAD_INPUT,
                        "\"%.200s\" is a new stream, but there are %d already", uri,
                        FLX_STREAMS_MAX);
    flx_stream *stream;
    if (!FLX_NEW(stream, 1) || !(stream->uri = strdup(uri)) ||
        !FLX_GROW(table->streams, table->room, table->count + 1) ||
        !tsearch(stream, &table->tree, compare)) {
        if (stream)
            free(stream->uri);
        free(stream);
        return flx_no_memory(error, "%d streams", table->count + 1);
    }
    stream->type = type;
    stream->index = table->count;
    stream->newest.seq_num = stream->plausible.seq_num = -1;
    table->streams[table->count++] = stream;
    *out = stream;
    return FLX_OK;
}

static void free_nothing(void *stream)
{
    (void)stream;
}

void flx_stream_table_release(flx_stream_table *table)
{
    tdestroy(table->tree, free_nothing);
    for (int i = 0; i < table->count; i++) {
        free(table->streams[i]->uri);
        free(table->streams[i]);
    }
    free(table->streams);
    *table = (flx_stream_table){0};
}
