/* SPDX-License-Identifier: MIT
 * Three passes over the store: which streams there are, what is newest, and the values. A
 * store is read in a second or two; memory is needed for the window's values only. */
#include "host/ingestion/time_window.h"

#include "formats/memory.h"
#include "formats/telemetry.h"
#include "host/ingestion/ingestion.h"
#include "host/ingestion/window_streams.h"
#include "host/ingestion/window_table.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const flx_window_request *request;
    const flx_deployment *deployment;
    flx_window_report *report;
    flx_window_streams streams;
    int64_t latest, newest_plausible, newest; /* -1: none */
    int64_t arrival;
    flx_window_value *initial;
    size_t count, room;
    flx_window_value *values; /* (count) inside the window */
} window_query;

/* --- passes over the store --- */

static flx_status add_streams(void *context, uint64_t segment,
                              const flx_stored_block *block, flx_error *error)
{
    (void)segment;
    window_query *query = context;
    return flx_window_add_streams(&query->streams, block, error);
}

/* Calls take for every sample of a column. */
static flx_status each_sample(window_query *query, const flx_stored_block *block,
                              flx_status (*take)(window_query *query, int column,
                                                 const flx_block_sample *sample,
                                                 flx_error *error),
                              flx_error *error)
{
    size_t count = (size_t)block->header.n_streams;
    FLX_SCOPED int *columns = NULL;
    if (!FLX_NEW(columns, count))
        return flx_no_memory(error, "%zu streams of %s", count, query->request->folder);
    for (size_t i = 0; i < count; i++)
        columns[i] = flx_window_column_of(&query->streams, &block->streams[i]);
    flx_sample_cursor cursor = flx_block_samples(block);
    for (flx_block_sample sample; flx_block_next(&cursor, &sample);)
        if (columns[sample.stream] >= 0)
            FLX_TRY(take(query, columns[sample.stream], &sample, error));
    return FLX_OK;
}

static flx_status take_time(window_query *query, int column,
                            const flx_block_sample *sample, flx_error *error)
{
    (void)column, (void)error;
    if (sample->seq_num > query->newest)
        query->newest = sample->seq_num;
    if (sample->seq_num > query->newest_plausible && sample->seq_num <= query->latest)
        query->newest_plausible = sample->seq_num;
    return FLX_OK;
}

static flx_status find_times(void *context, uint64_t segment,
                             const flx_stored_block *block, flx_error *error)
{
    (void)segment;
    return each_sample(context, block, take_time, error);
}

/* A label that is none of the knob's choices counts as missing, also for the rows
 * after it. */
static double value_of(window_query *query, int column, const flx_block_sample *sample)
{
    const flx_knob *knob = query->streams.columns[column].knob;
    double value;
    if (!sample->label)
        return sample->number;
    if (flx_knob_parse(knob, sample->label, &value, NULL) == FLX_OK)
        return value;
    flx_window_report *report = query->report;
    if (report->unknown_labels++ == 0)
        snprintf(report->first_unknown, sizeof report->first_unknown,
                 "%.150s is \"%.100s\"", query->streams.columns[column].name,
                 sample->label);
    return NAN;
}

static flx_status take_value(window_query *query, int column,
                             const flx_block_sample *sample, flx_error *error)
{
    int64_t time = sample->seq_num;
    bool is_knob = query->streams.columns[column].kind == FLX_KNOB;
    flx_window_value *initial = &query->initial[column];
    if (time > query->report->until) {
        query->report->ahead++;
        return FLX_OK;
    }
    bool is_before = time <= query->report->from;
    if (is_before && (!is_knob || (initial->column >= 0 && time < initial->seq_num)))
        return FLX_OK;
    flx_window_value value = {column, time, query->arrival++,
                              value_of(query, column, sample)};
    if (is_before) {
        *initial = value;
        return FLX_OK;
    }
    if (!FLX_GROW(query->values, query->room, query->count + 1))
        return flx_no_memory(error, "%zu values of the window", query->count);
    query->values[query->count++] = value;
    return FLX_OK;
}

static flx_status find_values(void *context, uint64_t segment,
                              const flx_stored_block *block, flx_error *error)
{
    (void)segment;
    return each_sample(context, block, take_value, error);
}

static flx_status pass(window_query *query,
                       flx_status (*visit)(void *, uint64_t, const flx_stored_block *,
                                           flx_error *),
                       bool with_samples, flx_error *error)
{
    flx_block_visitor visitor = {visit, query, with_samples};
    flx_store_health health;
    FLX_TRY(flx_store_read(query->request->folder, FLX_SEQ_NUM_MAX, &visitor, &health,
                           error));
    query->report->damaged_bytes = health.damaged_bytes;
    return FLX_OK;
}

/* --- the query --- */

static flx_status prepare(window_query *query, flx_error *error)
{
    const flx_window_request *request = query->request;
    int64_t rows = request->every > 0 ? request->window / request->every : 0;
    if (rows < 1 || rows > INT_MAX || request->window > FLX_SEQ_NUM_MAX)
        return flx_fail(error, FLX_BAD_INPUT,
                        "a window of %lld s with a row every %lld s has %lld rows",
                        (long long)request->window, (long long)request->every,
                        (long long)rows);
    query->newest = query->newest_plausible = -1;
    query->latest = flx_ingestion_latest();
    return FLX_OK;
}

static flx_status set_times(window_query *query, flx_error *error)
{
    const flx_window_request *request = query->request;
    flx_window_report *report = query->report;
    if (query->newest < 0)
        return flx_fail(error, FLX_BAD_INPUT, "%s: its streams hold no readable value",
                        request->folder);
    report->until = request->until >= 0            ? request->until
                    : query->newest_plausible >= 0 ? query->newest_plausible
                                                   : query->newest;
    report->from = report->until - request->window / request->every * request->every;
    size_t count = (size_t)query->streams.n_columns;
    if (!FLX_NEW(query->initial, count))
        return flx_no_memory(error, "%zu columns", count);
    for (size_t i = 0; i < count; i++)
        query->initial[i] = (flx_window_value){.column = -1};
    return FLX_OK;
}

static flx_status run_query(window_query *query, flx_dataset **out, flx_error *error)
{
    const flx_window_request *request = query->request;
    const char *system = request->system ? request->system : query->deployment->name;
    FLX_TRY(prepare(query, error));
    FLX_TRY(pass(query, add_streams, false, error));
    FLX_TRY(flx_window_match(&query->streams, query->deployment, system, query->report,
                             error));
    FLX_TRY(pass(query, find_times, true, error));
    FLX_TRY(set_times(query, error));
    FLX_TRY(pass(query, find_values, true, error));
    flx_window_data data = {.report = query->report,
                            .every = request->every,
                            .n_columns = query->streams.n_columns,
                            .columns = query->streams.columns,
                            .initial = query->initial,
                            .count = query->count,
                            .values = query->values};
    return flx_window_table(&data, request->folder, query->deployment->name, out, error);
}

flx_status flx_window_query(const flx_window_request *request,
                            const flx_deployment *deployment, flx_dataset **out,
                            flx_window_report *report, flx_error *error)
{
    *out = NULL;
    *report = (flx_window_report){0};
    window_query query = {.request = request, .deployment = deployment, .report = report};
    flx_status status = run_query(&query, out, error);
    flx_window_streams_release(&query.streams);
    free(query.initial);
    free(query.values);
    return status;
}
