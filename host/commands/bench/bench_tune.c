/* SPDX-License-Identifier: MIT
 * bench tune: every optimizer tries equally many settings of a trained model in each of
 * some rounds, which differ by their seed; medians of time and of the best prediction. */
#include "formats/memory.h"
#include "host/commands/bench/benches.h"
#include "host/statistics.h"
#include "host/tuning.h"

#include <stdlib.h>

enum { MOST_OPTIMIZERS = 16 };

/* One optimizer over all rounds. */
typedef struct {
    const char *name;
    double *seconds, *values; /* (rounds) */
    double median_s, median_value;
} optimizer_times;

typedef struct {
    flx_model *model;
    flx_search_space *space;
    flx_tuning_objective *objective;
    flx_backend *backend;
    int64_t evaluations;
    int rounds, n_optimizers;
    optimizer_times optimizers[MOST_OPTIMIZERS];
} comparison;

static flx_status prepare(comparison *c, const char *path, flx_error *error)
{
    FLX_TRY(flx_model_read(path, &c->model, error));
    FLX_TRY(flx_search_space_create(c->model->deployment, &c->space, error));
    FLX_TRY(flx_tuning_objective_create(c->model, c->backend, c->space, NULL, 0, 0,
                                        &c->objective, error));
    for (int i = 0; i < MOST_OPTIMIZERS && flx_optimizer_name(i); i++) {
        optimizer_times *one = &c->optimizers[c->n_optimizers++];
        one->name = flx_optimizer_name(i);
        if (!FLX_NEW(one->seconds, c->rounds) || !FLX_NEW(one->values, c->rounds))
            return flx_no_memory(error, "%d rounds", c->rounds);
    }
    return FLX_OK;
}

static void clear(comparison *c)
{
    for (int i = 0; i < c->n_optimizers; i++) {
        free(c->optimizers[i].seconds);
        free(c->optimizers[i].values);
    }
    flx_tuning_objective_destroy(c->objective);
    flx_search_space_destroy(c->space);
    flx_model_destroy(c->model);
}

static flx_status search(comparison *c, optimizer_times *one, int round, flx_error *error)
{
    flx_tuned *tuned = NULL;
    flx_tuning tuning = {.space = c->space,
                         .predict = flx_tuning_objective_predict,
                         .search = flx_tuning_objective_search,
                         .context = c->objective,
                         .maximize = c->model->deployment->maximize,
                         .optimizer = one->name,
                         .options = {.budget = c->evaluations, .seed = (uint64_t)round}};
    FLX_TRY(flx_tune(&tuning, &tuned, error));
    one->seconds[round] = tuned->wall_s;
    one->values[round] = tuned->best.predicted;
    flx_tuned_destroy(tuned);
    return FLX_OK;
}

/* Rounds alternate, so that a busy moment of the machine meets all of them. */
static flx_status run_rounds(comparison *c, flx_error *error)
{
    for (int r = 0; r < c->rounds; r++)
        for (int i = 0; i < c->n_optimizers; i++)
            FLX_TRY(search(c, &c->optimizers[i], r, error));
    for (int i = 0; i < c->n_optimizers; i++) {
        optimizer_times *one = &c->optimizers[i];
        FLX_TRY(flx_quantile(one->seconds, c->rounds, 0.5, &one->median_s, error));
        FLX_TRY(flx_quantile(one->values, c->rounds, 0.5, &one->median_value, error));
    }
    return FLX_OK;
}

static json_t *describe(const comparison *c)
{
    json_t *list = json_array();
    for (int i = 0; i < c->n_optimizers; i++) {
        const optimizer_times *one = &c->optimizers[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:f, s:f, s:f}", "optimizer", one->name,
                                        "wall_s", one->median_s, "settings_per_s",
                                        (double)c->evaluations / one->median_s,
                                        "predicted", one->median_value));
    }
    return json_pack("{s:s, s:i, s:s, s:s, s:I, s:i, s:i, s:o}", "backend",
                     c->backend->name, "threads", c->backend->threads, "target",
                     c->model->graph->vertices[c->model->graph->output].name, "goal",
                     c->model->deployment->maximize ? "max" : "min", "evaluations",
                     (json_int_t)c->evaluations, "rounds", c->rounds, "tuned_knobs",
                     c->space->n_dimensions, "optimizers", list);
}

static void print_text(json_t *report)
{
    static const flx_table_column columns[] = {{"optimizer", "{optimizer}"},
                                               {"seconds", "{wall_s:.3f}"},
                                               {"settings/s", "{settings_per_s:.4g}"},
                                               {"predicted", "{predicted:.5g}"},
                                               {0}};
    flx_print_line(report, "{evaluations} settings of {tuned_knobs} knobs, {goal} of "
                           "{target}{ unit}; medians of {rounds} rounds on {backend} "
                           "({device})");
    flx_print_table(json_object_get(report, "optimizers"), columns);
}

flx_status flx_bench_tune(const flx_arguments *arguments, flx_backend *backend,
                          flx_error *error)
{
    FLX_CLEARED(clear)
    comparison c = {.backend = backend,
                    .evaluations = flx_integer(arguments, "evaluations", 20000),
                    .rounds = (int)flx_integer(arguments, "rounds", 3)};
    FLX_TRY(prepare(&c, flx_positional(arguments, 1), error));
    FLX_TRY(run_rounds(&c, error));
    return flx_report(arguments, describe(&c),
                      json_pack("{s:s, s:s}", "device", backend->description, "unit",
                                flx_model_unit(c.model)),
                      print_text, error);
}
