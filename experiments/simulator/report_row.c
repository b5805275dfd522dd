/* SPDX-License-Identifier: MIT
 * From the log of a run to the cells of its row: calls are sorted by channel, every group
 * is a stretch of channels, its latencies are sorted once for all percentiles. */
#include "experiments/simulator/report.h"

#include "experiments/simulator/statistics.h"
#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void flx_report_space_release(flx_report_space *space)
{
    free(space->values);
    free(space->sorted);
    free(space->scratch);
    free(space->start);
    *space = (flx_report_space){0};
}

static flx_status reserve(flx_report_space *space, size_t count, int channels,
                          flx_error *error)
{
    if (!space->start)
        space->start = malloc(((size_t)channels + 1) * sizeof *space->start);
    if (space->start && space->capacity >= count && space->values)
        return FLX_OK;
    size_t *start = space->start;
    space->start = NULL;
    flx_report_space_release(space);
    size_t capacity = count + count / 2 + 1024;
    *space = (flx_report_space){.values = malloc(capacity * sizeof(float)),
                                .sorted = malloc(capacity * sizeof(float)),
                                .scratch = malloc(capacity * sizeof(float)),
                                .capacity = capacity,
                                .start = start};
    if (space->values && space->sorted && space->scratch && space->start)
        return FLX_OK;
    flx_report_space_release(space);
    return flx_no_memory(error, "the latencies of %zu calls", count);
}

/* Latencies of channel c become values[start[c]] .. values[start[c + 1] - 1]. */
static void split_by_channel(const flx_run *run, int channels, flx_report_space *space)
{
    size_t *start = space->start;
    memset(start, 0, ((size_t)channels + 1) * sizeof *start);
    for (size_t i = 0; i < run->n_log; i++)
        start[run->log[i].channel]++;
    size_t sum = 0;
    for (int c = 0; c <= channels; c++) {
        size_t count = start[c];
        start[c] = sum;
        sum += count;
    }
    for (size_t i = 0; i < run->n_log; i++)
        space->values[start[run->log[i].channel]++] = run->log[i].latency;
    for (int c = channels; c > 0; c--)
        start[c] = start[c - 1];
    start[0] = 0;
}

static void fill_group(const flx_report *report, const flx_report_group *group,
                       flx_report_space *space, double *row)
{
    const flx_service *service = &report->testbed->deployment->services[group->service];
    size_t from = space->start[group->first_channel];
    size_t count = space->start[group->first_channel + group->n_channels] - from;
    if (group->rate >= 0)
        row[group->rate] = (double)count / report->testbed->options.seconds;
    memcpy(space->sorted, space->values + from, count * sizeof *space->sorted);
    flx_sort_latencies(space->sorted, space->scratch, count);
    for (int m = 0; m < service->n_metrics; m++) {
        double percent;
        flx_metric_parse(service->metrics[m], &percent);
        double seconds = percent < 0.0 ? flx_mean(space->sorted, count)
                                       : flx_percentile(space->sorted, count, percent);
        row[group->metrics + m] = 1e6 * seconds;
    }
}

flx_status flx_report_fill(const flx_report *report, const double *settings, int row,
                           const flx_run *run, flx_report_space *space,
                           flx_dataset *table, flx_error *error)
{
    const flx_testbed *testbed = report->testbed;
    int channels = testbed->shape.n_channels;
    FLX_TRY(reserve(space, run->n_log, channels, error));
    split_by_channel(run, channels, space);
    double *cells = table->values + (size_t)row * (size_t)table->n_columns;
    for (int k = 0; k < testbed->space->n_knobs; k++)
        cells[k] = settings[k];
    for (int l = 0; l < report->n_limits; l++)
        cells[report->limits[l].column] =
            flx_testbed_cpu_limit(testbed, report->limits[l].service, row);
    for (int g = 0; g < report->n_groups; g++)
        fill_group(report, &report->groups[g], space, cells);
    return FLX_OK;
}
