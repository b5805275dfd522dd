/* SPDX-License-Identifier: MIT
 * The graph engine as a C program sees it (paper 4.1.2), without any file: two services
 * are added and connected, trained on 80 runs, the database is scaled to three instances,
 * the graph predicts at once, is fitted on 20 new runs, and predicts again.
 *
 * usage: engine_example
 * The system is made up here, so that the answers can be checked:
 *     db:p90  = 5 + 20 load / (1 + cache),  load = db:rps / 100
 *     web:p90 = 3 + 1.2 db:p90,             both with 3 % noise
 *     three instances show their callers 1.15 times their mean: a balancer's price */
#include "host/fluxion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_COLUMNS = 12 };

static double noise(uint64_t seed, int row, int column)
{
    return 1 + 0.03 * flx_normal(seed, 1, (uint32_t)row, 0, (uint32_t)column);
}

/* GE.add and GE.connect: labels first, then vertices, then the edge. */
static flx_status build_graph(flx_model **out, flx_error *error)
{
    static const char *const states[] = {"rps", NULL};
    flx_knob cache = {.name = "cache", .max = 4, .default_value = 1}; /* continuous */
    const flx_service_sketch web = {.name = "web", .states = states};
    const flx_service_sketch db = {
        .name = "db", .n_knobs = 1, .knobs = &cache, .states = states};
    flx_graph_engine *engine = NULL;
    flx_change change = {0};
    flx_status status = flx_graph_engine_create("example", &engine, error);
    if (status == FLX_OK)
        status = flx_graph_engine_declare(engine, &web, error);
    if (status == FLX_OK)
        status = flx_graph_engine_declare(engine, &db, error);
    if (status == FLX_OK)
        status = flx_graph_engine_add(engine, "web", "p90", NULL, error);
    if (status == FLX_OK)
        status = flx_graph_engine_add(engine, "db", "p90", NULL, error);
    if (status == FLX_OK)
        status = flx_graph_engine_connect(engine, "db", "web", error);
    if (status == FLX_OK)
        status = flx_graph_engine_compose(engine, "web:p90", NULL, out, &change, error);
    flx_change_clear(&change);
    flx_graph_engine_destroy(engine);
    return status;
}

/* Benchmark runs of `instances` databases: what would come from a file or a store. */
static flx_status run_benchmarks(int rows, int instances, uint64_t seed,
                                 flx_dataset **out, flx_error *error)
{
    char names[MOST_COLUMNS][16] = {"db:cache", "web:rps", "db:p90", "web:p90"};
    flx_column_role kinds[MOST_COLUMNS] = {FLX_KNOB, FLX_STATE, FLX_METRIC, FLX_METRIC};
    int columns = 4;
    for (int i = 0; i < instances; i++) {
        kinds[columns] = FLX_STATE;
        snprintf(names[columns++], 16, instances > 1 ? "db/%d:rps" : "db:rps", i);
        if (instances > 1) {
            kinds[columns] = FLX_METRIC;
            snprintf(names[columns++], 16, "db/%d:p90", i);
        }
    }
    FLX_TRY(flx_dataset_create(rows, columns, out, error));
    for (int c = 0; c < columns; c++)
        FLX_TRY(flx_dataset_name_column(*out, c, names[c], kinds[c],
                                        kinds[c] == FLX_METRIC ? "ms" : "", error));
    for (int r = 0; r < rows; r++) {
        double *row = (*out)->values + (size_t)r * (size_t)columns, shown = 0, total = 0;
        double cache = row[0] = 4 * flx_uniform(seed, 0, (uint32_t)r, 0, 0);
        for (int i = 0; i < instances; i++) {
            double rps = 20 + 80 * flx_uniform(seed, 0, (uint32_t)r, 1, (uint32_t)i);
            double p90 = (5 + 0.2 * rps / (1 + cache)) * noise(seed, r, i);
            row[4 + (instances > 1 ? 2 * i : i)] = rps;
            if (instances > 1)
                row[5 + 2 * i] = p90;
            shown += rps * p90;
            total += rps;
        }
        row[1] = total;
        row[2] = shown / total * (instances > 1 ? 1.15 : 1);
        row[3] = (3 + 1.2 * row[2]) * noise(seed, r, 50);
    }
    return FLX_OK;
}

/* Mean absolute error of the target on a table. */
static flx_status measure(const flx_model *model, flx_backend *backend,
                          const flx_dataset *table, double *mae, flx_error *error)
{
    double *predicted = malloc((size_t)table->rows * sizeof *predicted);
    if (!predicted)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory");
    flx_status status = flx_predict_target(model, backend, table, predicted, error);
    *mae = 0;
    int target = flx_dataset_find(table, "web:p90");
    for (int r = 0; r < table->rows && status == FLX_OK; r++)
        *mae += fabs(predicted[r] - table->values[r * table->n_columns + target]) /
                table->rows;
    free(predicted);
    return status;
}

/* GE.fit for all that is untrained. */
static flx_status fit_untrained(flx_model *model, flx_backend *backend,
                                const flx_dataset *rows, flx_error *error)
{
    const flx_refit_options options = {.seed = 1};
    int untrained[4], count = flx_graph_engine_untrained(model, untrained);
    flx_change change = {0};
    flx_status status = flx_graph_engine_fit(model, untrained, count, rows, &options,
                                             backend, &change, error);
    for (int i = 0; i < change.n_refits && status == FLX_OK; i++)
        printf("  fitted %s on %d rows: out-of-sample error %.3g ms\n",
               change.refits[i].assignment, change.refits[i].rows,
               change.refits[i].mae_after);
    flx_change_clear(&change);
    return status;
}

typedef struct {
    flx_model *model;
    flx_backend *backend;
    flx_dataset *first, *later, *test; /* one database, three, three */
} example;

static flx_status make_data(example *e, flx_error *error)
{
    FLX_TRY(run_benchmarks(80, 1, 1, &e->first, error));
    FLX_TRY(run_benchmarks(20, 3, 2, &e->later, error));
    return run_benchmarks(200, 3, 3, &e->test, error);
}

static flx_status run(example *e, flx_error *error)
{
    double before, after;
    flx_change change = {0};
    FLX_TRY(make_data(e, error));
    FLX_TRY(flx_backend_open("cpu", 1, &e->backend, error));
    FLX_TRY(build_graph(&e->model, error));
    printf("one web, one database:\n");
    FLX_TRY(fit_untrained(e->model, e->backend, e->first, error));

    flx_status status = flx_graph_engine_scale(e->model, "db", 3, &change, error);
    flx_change_clear(&change);
    FLX_TRY(status);
    FLX_TRY(measure(e->model, e->backend, e->test, &before, error));
    printf("three databases, at once: mean absolute error of web:p90 %.3g ms\n", before);
    FLX_TRY(fit_untrained(e->model, e->backend, e->later, error));
    FLX_TRY(measure(e->model, e->backend, e->test, &after, error));
    printf("three databases, fitted:  mean absolute error of web:p90 %.3g ms\n", after);
    if (after >= before)
        return flx_fail(error, FLX_NUMERIC, "the fit made it worse");
    return FLX_OK;
}

int main(void)
{
    example e = {0};
    flx_error error = {0};
    flx_status status = run(&e, &error);
    if (status != FLX_OK)
        fprintf(stderr, "engine_example: %s\n", error.message);
    flx_model_destroy(e.model);
    flx_dataset_destroy(e.first);
    flx_dataset_destroy(e.later);
    flx_dataset_destroy(e.test);
    flx_backend_close(e.backend);
    return flx_exit_code(status);
}
