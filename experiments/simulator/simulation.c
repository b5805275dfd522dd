/* SPDX-License-Identifier: MIT
 * Runs the rows of a simulation in parallel and describes their table. */
#include "experiments/simulator/simulation.h"

#include "experiments/simulator/engine.h"
#include "experiments/simulator/report.h"
#include "formats/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A benchmark of the paper takes about ten minutes; rows are stamped that far apart,
 * steps a hundred days apart, from 2020-09-13. */
enum { ROW_SECONDS = 600, STEP_SECONDS = 8640000, FIRST_SECOND = 1600000000 };

/* What one thread works with. */
typedef struct {
    flx_scenario scenario;
    flx_engine *engine;
    flx_report_space space;
    double *miss;
} bench;

/* What all threads share. */
typedef struct {
    const flx_testbed *testbed;
    const flx_settings *settings;
    const flx_report *report;
    const flx_progress *progress;
    flx_dataset *table;
    flx_simulation_totals totals;
    int repeats, done;
    flx_status status; /* of the first row that failed */
    flx_error error;
} job;

static void bench_close(bench *own)
{
    flx_report_space_release(&own->space);
    flx_engine_destroy(own->engine);
    flx_scenario_release(&own->scenario);
    free(own->miss);
}

static flx_status bench_open(const flx_testbed *testbed, bench *own, flx_error *error)
{
    *own = (bench){0};
    if (!FLX_NEW(own->miss, testbed->system->n_services))
        return flx_no_memory(error, "%d services", testbed->system->n_services);
    FLX_TRY(flx_testbed_scenario(testbed, &own->scenario, error));
    return flx_engine_create(&own->scenario, &own->engine, error);
}

static flx_status run_row(const job *shared, int row, bench *own, const flx_run **run,
                          flx_error *error)
{
    const flx_settings *settings = shared->settings;
    const double *values =
        settings->values + (size_t)(row / shared->repeats) * (size_t)settings->n_knobs;
    flx_testbed_set(shared->testbed, values, row, own->miss, &own->scenario);
    FLX_TRY(flx_engine_run(own->engine, &own->scenario, run, error));
    return flx_report_fill(shared->report, values, row, *run, &own->space, shared->table,
                           error);
}

/* Sums over rows are of integers, or kept row by row and added in order: the result must
 * not depend on the order in which rows finish. */
static void count_run(job *shared, int row, const bench *own, const flx_run *run,
                      double *utilization)
{
    flx_simulation_totals *totals = &shared->totals;
    totals->arrived += run->arrived;
    totals->rejected += run->rejected;
    totals->rejecting_rows += run->rejected * 100 > run->arrived;
    if (!utilization)
        return;
    const flx_scenario *scenario = &own->scenario;
    for (int s = 0; s < scenario->n_services; s++) {
        const flx_scenario_service *service = &scenario->services[s];
        double capacity = service->quota > 0.0 ? service->quota : service->servers;
        double busy = 0.0;
        for (int i = 0; i < service->n_stations; i++)
            busy += run->busy[service->first_station + i];
        utilization[(size_t)row * (size_t)scenario->n_services + (size_t)s] =
            busy / (scenario->seconds * service->n_stations * capacity);
    }
}

static void finish_row(job *shared, int row, const bench *own, const flx_run *run,
                       double *utilization, flx_status status, const flx_error *error)
{
    if (status == FLX_OK)
        count_run(shared, row, own, run, utilization);
    else if (shared->status == FLX_OK) {
        shared->status = status;
        shared->error = *error;
    }
    flx_progress_report(shared->progress, (double)++shared->done,
                        (double)shared->table->rows);
}

static void run_rows(job *shared, int threads, double *utilization)
{
    int rows = shared->table->rows;
#pragma omp parallel num_threads(threads)
    {
        bench own;
        flx_error error = {0};
        flx_status opened = bench_open(shared->testbed, &own, &error);
#pragma omp for schedule(dynamic)
        for (int row = 0; row < rows; row++) {
            const flx_run *run = NULL;
            flx_status status =
                opened == FLX_OK ? run_row(shared, row, &own, &run, &error) : opened;
#pragma omp critical(flx_simulation)
            finish_row(shared, row, &own, run, utilization, status, &error);
        }
        bench_close(&own);
    }
}

static void average_utilization(const job *shared, const double *utilization,
                                double *mean)
{
    int services = shared->testbed->system->n_services, rows = shared->table->rows;
    for (int s = 0; s < services; s++) {
        mean[s] = 0.0;
        for (int r = 0; r < rows; r++)
            mean[s] += utilization[(size_t)r * (size_t)services + (size_t)s] / rows;
    }
}

static flx_status describe(const job *shared, flx_error *error)
{
    const flx_testbed *testbed = shared->testbed;
    const flx_testbed_options *options = &testbed->options;
    flx_dataset *table = shared->table;
    char text[1024];
    snprintf(text, sizeof text,
             "simulated by fluxion " FLX_VERSION ": %s, sequence %s, step %d (%s), "
             "%g requests/s, seed %llu, service times %s times %g, %g s measured after "
             "%g s",
             testbed->system->name, options->sequence, options->step,
             testbed->step->title, testbed->step->rps, (unsigned long long)options->seed,
             options->is_exponential ? "exponential," : "log-normal,",
             testbed->system->time_factor, options->seconds, options->warmup);
    table->simulated = true;
    int services = 0, inputs = 0;
    flx_testbed_count(testbed, &services, &inputs);
    bool is_partial = services < flx_deployment_count_instances(testbed->deployment);
    table->counted_services = is_partial ? services : 0;
    table->counted_inputs = is_partial ? inputs : 0;
    if (!FLX_NEW(table->time, table->rows) || !FLX_NEW(table->step, table->rows) ||
        (shared->repeats > 1 && !FLX_NEW(table->group, table->rows)))
        return flx_no_memory(error, "%d rows", table->rows);
    for (int r = 0; r < table->rows; r++) {
        table->time[r] = FIRST_SECOND + (int64_t)options->step * STEP_SECONDS +
                         (int64_t)r * ROW_SECONDS;
        table->step[r] = options->step;
        if (table->group)
            table->group[r] = r / shared->repeats;
    }
    return flx_dataset_describe(table, testbed->system->name, text, error);
}

static flx_status simulate(job *shared, int threads, double *mean, flx_error *error)
{
    FLX_SCOPED double *utilization = NULL;
    size_t cells =
        (size_t)shared->table->rows * (size_t)shared->testbed->system->n_services;
    FLX_TRY(describe(shared, error));
    if (mean && !FLX_NEW(utilization, cells))
        return flx_no_memory(error, "the utilization of %d rows", shared->table->rows);
    run_rows(shared, threads, utilization);
    if (shared->status == FLX_OK && mean)
        average_utilization(shared, utilization, mean);
    if (shared->status != FLX_OK && error)
        *error = shared->error;
    return shared->status;
}

flx_status flx_simulate(const flx_testbed *testbed, const flx_settings *settings,
                        int repeats, int threads, const flx_progress *progress,
                        flx_dataset **out, flx_simulation_totals *totals,
                        flx_error *error)
{
    *out = NULL;
    flx_report *report = NULL;
    job shared = {.testbed = testbed,
                  .settings = settings,
                  .progress = progress,
                  .repeats = repeats};
    FLX_TRY(flx_report_create(testbed, settings->count * repeats, &report, &shared.table,
                              error));
    shared.report = report;
    flx_status status =
        simulate(&shared, threads, totals ? totals->utilization : NULL, error);
    flx_report_destroy(report);
    if (status != FLX_OK) {
        flx_dataset_destroy(shared.table);
        return status;
    }
    if (totals) {
        double *utilization = totals->utilization;
        *totals = shared.totals;
        totals->utilization = utilization;
    }
    *out = shared.table;
    return FLX_OK;
}
