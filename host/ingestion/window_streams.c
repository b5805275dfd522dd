/* SPDX-License-Identifier: MIT */
#include "host/ingestion/window_streams.h"

#include "formats/memory.h"
#include "formats/telemetry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

flx_status flx_window_add_streams(flx_window_streams *all, const flx_stored_block *block,
                                  flx_error *error)
{
    for (int i = 0; i < block->header.n_streams; i++) {
        const flx_block_stream *met = &block->streams[i];
        flx_stream *stream = flx_stream_find(&all->streams, met->uri);
        if (!stream)
            FLX_TRY(flx_stream_add(&all->streams, met->uri, met->type, &stream, error));
    }
    return FLX_OK;
}

int flx_window_column_of(const flx_window_streams *all, const flx_block_stream *stream)
{
    const flx_stream *known = flx_stream_find(&all->streams, stream->uri);
    return known && known->type == stream->type ? all->column_of[known->index] : -1;
}

/* SERVICE[.OPERATION]:NAME as the deployment reads it. False where no service fits. */
static bool find_service(const flx_deployment *deployment, const flx_stream_parts *parts,
                         flx_column_place *place)
{
    char text[FLX_STREAM_URI_BYTES + 2];
    snprintf(text, sizeof text, "%.*s:%s", parts->service_bytes, parts->service,
             parts->name);
    /* place->name points into text: it is not used. A service part that ends like an
     * instance ("cart/3") would give the instance twice. */
    return flx_column_parse(deployment, text, place) && place->instance < 0;
}

/* Knob, state or metric of that name; false where none is declared. */
static bool find_item(const flx_service *service, const char *operation, const char *name,
                      flx_window_column *column)
{
    column->kind = FLX_KNOB;
    column->operation = -1;
    column->item = operation[0] ? -1 : flx_service_find_knob(service, name);
    if (column->item >= 0) {
        column->knob = &service->knobs[column->item];
        return true;
    }
    column->kind = FLX_STATE;
    column->item = flx_service_find_state(service, operation, name);
    if (column->item >= 0)
        return true;
    column->kind = FLX_METRIC;
    column->operation = flx_service_find_operation(service, operation);
    column->item = flx_service_find_metric(service, name);
    return column->item >= 0 && column->operation >= 0;
}

/* Why a stream is no column of the deployment, or NULL and *column. */
static const char *read_stream(const flx_stream *stream, const flx_deployment *deployment,
                               const flx_stream_parts *parts, flx_window_column *column,
                               char operation[128])
{
    flx_column_place place;
    if (!find_service(deployment, parts, &place))
        return "the deployment has no such service";
    const flx_service *service = &deployment->services[place.service];
    strcpy(operation, place.operation);
    column->service = place.service;
    if (!find_item(service, operation, parts->name, column))
        return "the deployment declares no such knob, state or metric there";
    if (parts->instance >= service->replicas)
        return "the deployment has fewer instances of the service";
    column->instance = service->replicas > 1 ? parts->instance : -1;
    bool wants_choice = column->knob && column->knob->type == FLX_CHOICES;
    if (wants_choice != (stream->type == FLX_CHOICES))
        return wants_choice ? "the deployment says the knob is one of choices"
                            : "it is choices, but the deployment wants numbers";
    return NULL;
}

static void record_ignored(const char *uri, const char *why, flx_window_report *report)
{
    if (report->ignored++ == 0)
        snprintf(report->first_ignored, sizeof report->first_ignored, "%.180s: %s", uri,
                 why);
}

static flx_status add_column(flx_window_streams *all, const flx_stream *stream,
                             const flx_deployment *deployment, const char *system,
                             flx_window_report *report, flx_error *error)
{
    flx_stream_parts parts;
    flx_window_column column = {.stream = stream->index};
    char operation[128];
    if (!flx_stream_uri_split(stream->uri, system, &parts))
        return FLX_OK;
    const char *why = read_stream(stream, deployment, &parts, &column, operation);
    if (why) {
        record_ignored(stream->uri, why, report);
        return FLX_OK;
    }
    column.name = flx_column_text(deployment->services[column.service].name, operation,
                                  column.instance, parts.name);
    if (!column.name)
        return flx_no_memory(error, "the names of columns");
    all->columns[all->n_columns++] = column;
    return FLX_OK;
}

static int compare_columns(const void *a, const void *b)
{
    const flx_window_column *x = a, *y = b;
    int order = x->service - y->service;
    if (order == 0)
        order = x->instance - y->instance;
    if (order == 0)
        order = (int)x->kind - (int)y->kind;
    if (order == 0)
        order = x->operation - y->operation;
    if (order == 0)
        order = x->item - y->item;
    return order ? order : x->stream - y->stream;
}

/* Of a service with one instance, /0 and /all are one column: the first stream is
 * taken. */
static void drop_repeated(flx_window_streams *all, flx_window_report *report)
{
    int kept = 0;
    for (int i = 0; i < all->n_columns; i++) {
        flx_window_column *column = &all->columns[i];
        if (kept > 0 && strcmp(all->columns[kept - 1].name, column->name) == 0) {
            record_ignored(all->streams.streams[column->stream]->uri,
                           "another stream is the same column", report);
            free(column->name);
        } else {
            all->columns[kept++] = *column;
        }
    }
    all->n_columns = kept;
}

static flx_status fail_empty(const flx_window_streams *all, const char *system,
                             const flx_window_report *report, flx_error *error)
{
    if (all->streams.count == 0)
        return flx_fail(error, FLX_BAD_INPUT, "the store holds no telemetry");
    if (report->ignored > 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "no stream of system \"%s\" is a column of the deployment; the "
                        "first is %s",
                        system, report->first_ignored);
    return flx_fail(error, FLX_BAD_INPUT,
                    "the store has no stream of system \"%s\"; its first stream is "
                    "\"%.200s\": --system says which one is meant",
                    system, all->streams.streams[0]->uri);
}

flx_status flx_window_match(flx_window_streams *all, const flx_deployment *deployment,
                            const char *system, flx_window_report *report,
                            flx_error *error)
{
    int count = all->streams.count;
    if (!FLX_NEW(all->columns, count) || !FLX_NEW(all->column_of, count))
        return flx_no_memory(error, "%d streams", count);
    for (int i = 0; i < count; i++) {
        all->column_of[i] = -1;
        FLX_TRY(
            add_column(all, all->streams.streams[i], deployment, system, report, error));
    }
    if (all->n_columns == 0)
        return fail_empty(all, system, report, error);
    qsort(all->columns, (size_t)all->n_columns, sizeof *all->columns, compare_columns);
    drop_repeated(all, report);
    for (int i = 0; i < all->n_columns; i++)
        all->column_of[all->columns[i].stream] = i;
    report->streams = all->n_columns;
    return FLX_OK;
}

void flx_window_streams_release(flx_window_streams *all)
{
    for (int i = 0; i < all->n_columns; i++)
        free(all->columns[i].name);
    free(all->columns);
    free(all->column_of);
    flx_stream_table_release(&all->streams);
    *all = (flx_window_streams){0};
}
