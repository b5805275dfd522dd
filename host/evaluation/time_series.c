/* SPDX-License-Identifier: MIT */
#include "host/evaluation/time_series.h"

#include "formats/memory.h"
#include "host/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 256 };

static flx_status check_time(const flx_dataset *table, flx_error *error)
{
    if (!table->time)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "%s has no /time: a backtest needs to know when its rows happened",
            flx_dataset_title(table));
    for (int i = 1; i < table->rows; i++)
        if (table->time[i] < table->time[i - 1])
            return flx_fail(
                error, FLX_BAD_INPUT,
                "%s: row %d (time %lld) stands after row %d (time %lld): a backtest "
                "needs rows in the order of /time",
                flx_dataset_title(table), i, (long long)table->time[i], i - 1,
                (long long)table->time[i - 1]);
    return FLX_OK;
}

static flx_status count_classes(flx_time_series *h, flx_error *error)
{
    h->classes = 2;
    for (int i = 0; i < h->n; i++) {
        double y = h->y[i];
        if (!(y >= 0 && y < MOST_CLASSES && y == floor(y)))
            return flx_fail(
                error, FLX_BAD_INPUT,
                "%s is %g in row %d of those that have it, which is no bucket "
                "from 0 to %d",
                h->target, y, i, MOST_CLASSES - 1);
        if (y >= h->classes)
            h->classes = (int)y + 1;
    }
    return FLX_OK;
}

/* Logarithms where the deployment wants them and every value has one. */
static void choose_scale(flx_time_series *h, bool wants_log)
{
    h->is_log = wants_log;
    for (int i = 0; i < h->n && h->is_log; i++)
        h->is_log = h->y[i] > 0;
}

static void copy_rows(flx_time_series *h, const flx_dataset *table,
                      const flx_column_ref *inputs, flx_column_ref output)
{
    for (int r = 0; r < table->rows; r++) {
        double y = flx_column_ref_value(output, table, r);
        if (isnan(y))
            continue;
        size_t first = (size_t)h->n * (size_t)h->d;
        for (int k = 0; k < h->d; k++)
            h->X[first + (size_t)k] = flx_column_ref_value(inputs[k], table, r);
        h->time[h->n] = table->time[r];
        h->group[h->n] = table->group ? table->group[r] : r;
        h->y[h->n++] = y;
    }
}

static flx_status fill(flx_time_series *h, const flx_graph *graph,
                       const flx_column_binding *binding, const flx_dataset *table,
                       flx_error *error)
{
    const flx_vertex *vertex = &graph->vertices[graph->output];
    flx_column_ref output = binding->outputs[graph->output];
    size_t rows = (size_t)table->rows;
    h->d = graph->assignments[vertex->assignment].n_inputs;
    if (output.column < 0)
        return flx_fail(error, FLX_BAD_INPUT, "%s has no column %s, the target",
                        flx_dataset_title(table), vertex->name);
    if (h->d < 1)
        return flx_fail(error, FLX_BAD_INPUT, "%s has no inputs to be predicted from",
                        vertex->name);
    h->target = strdup(vertex->name);
    h->unit = strdup(table->columns[output.column].unit);
    if (!h->target || !h->unit || !FLX_NEW(h->X, rows * (size_t)h->d) ||
        !FLX_NEW(h->y, rows) || !FLX_NEW(h->time, rows) || !FLX_NEW(h->group, rows))
        return flx_no_memory(error, "%d rows", table->rows);
    copy_rows(h, table, binding->inputs[graph->output], output);
    return h->n ? FLX_OK
                : flx_fail(error, FLX_BAD_INPUT,
                           "the target %s has no value in any of the %d rows of %s",
                           h->target, table->rows, flx_dataset_title(table));
}

static flx_status build(flx_time_series *h, const flx_deployment *deployment,
                        const flx_dataset *table, flx_error *error)
{
    flx_graph *graph = NULL;
    flx_column_binding *binding = NULL;
    FLX_TRY(check_time(table, error));
    FLX_TRY(flx_graph_build(deployment, NULL, 0, false, &graph, error));
    flx_status status =
        flx_column_binding_create(graph, deployment, table, &binding, error);
    if (status == FLX_OK)
        status = fill(h, graph, binding, table, error);
    if (status == FLX_OK && strcmp(h->unit, "bucket") == 0)
        status = count_classes(h, error);
    else if (status == FLX_OK)
        choose_scale(h, deployment->log_target);
    flx_column_binding_destroy(binding);
    flx_graph_destroy(graph);
    return status;
}

flx_status flx_time_series_create(const flx_deployment *deployment,
                                  const flx_dataset *table, flx_time_series **out,
                                  flx_error *error)
{
    *out = NULL;
    flx_time_series *series = NULL;
    if (!FLX_NEW(series, 1))
        return flx_no_memory(error, "a time series");
    flx_status status = build(series, deployment, table, error);
    if (status == FLX_OK)
        *out = series;
    else
        flx_time_series_destroy(series);
    return status;
}

void flx_time_series_destroy(flx_time_series *series)
{
    if (!series)
        return;
    free(series->target);
    free(series->unit);
    free(series->X);
    free(series->y);
    free(series->time);
    free(series->group);
    free(series);
}

int flx_time_series_find(const flx_time_series *series, int64_t time)
{
    int low = 0, high = series->n;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (series->time[middle] < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int flx_time_series_width(const flx_time_series *series)
{
    return series->classes ? series->classes : 1;
}

double flx_time_series_value(const flx_time_series *series, const double *prediction)
{
    int best = 0;
    for (int c = 1; c < series->classes; c++)
        if (prediction[c] > prediction[best])
            best = c;
    return series->classes ? best : prediction[0];
}
