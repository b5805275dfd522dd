/* SPDX-License-Identifier: MIT */
#include "host/commands/bench/bench_tune.h"

#include "host/commands/frame.h"
#include "host/statistics.h"
#include "host/tuning.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_OPTIMIZERS = 16 };

/* One optimizer over all rounds. */
typedef struct {
    const char *name;
    double *seconds, *values; /* (rounds) */
    double median_s, median_value;
} contender;

typedef struct {
    flx_model *model;
    flx_search_space *space;
    flx_tuning_objective *objective;
    flx_backend *backend;
    int64_t evaluations;
    int rounds, n_contenders;
    contender contenders[MOST_OPTIMIZERS];
} contest;

static flx_status open_contest(contest *c, const char *path, flx_error *error)
{
    FLX_TRY(flx_model_read(path, &c->model, error));
    FLX_TRY(flx_search_space_create(c->model->deployment, &c->space, error));
    FLX_TRY(flx_tuning_objective_create(c->model, c->backend, c->space, NULL, 0, 0,
                                        &c->objective, error));
    size_t rounds = (size_t)c->rounds;
    for (int i = 0; i < MOST_OPTIMIZERS && flx_optimizer_name(i); i++) {
        contender *one = &c->contenders[c->n_contenders++];
        *one = (contender){.name = flx_optimizer_name(i),
                           .seconds = calloc(rounds, sizeof(double)),
                           .values = calloc(rounds, sizeof(double))};
        if (!one->seconds || !one->values)
            return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rounds",
                            c->rounds);
    }
    return FLX_OK;
}

static void close_contest(contest *c)
{
    for (int i = 0; i < c->n_contenders; i++) {
        free(c->contenders[i].seconds);
        free(c->contenders[i].values);
    }
    flx_tuning_objective_destroy(c->objective);
    flx_search_space_destroy(c->space);
    flx_model_destroy(c->model);
}

static flx_status search(contest *c, contender *one, int round, flx_error *error)
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
static flx_status run_rounds(contest *c, flx_error *error)
{
    for (int r = 0; r < c->rounds; r++)
        for (int i = 0; i < c->n_contenders; i++)
            FLX_TRY(search(c, &c->contenders[i], r, error));
    for (int i = 0; i < c->n_contenders; i++) {
        contender *one = &c->contenders[i];
        FLX_TRY(flx_quantile(one->seconds, c->rounds, 0.5, &one->median_s, error));
        FLX_TRY(flx_quantile(one->values, c->rounds, 0.5, &one->median_value, error));
    }
    return FLX_OK;
}

static const char *name_target(const contest *c)
{
    return c->model->graph->vertices[c->model->graph->output].name;
}

static flx_status print_document(const contest *c, flx_error *error)
{
    json_t *list = json_array();
    for (int i = 0; i < c->n_contenders; i++) {
        const contender *one = &c->contenders[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:f, s:f, s:f}", "optimizer", one->name,
                                        "wall_s", one->median_s, "settings_per_s",
                                        (double)c->evaluations / one->median_s,
                                        "predicted", one->median_value));
    }
    return flx_print_json(
        json_pack("{s:s, s:i, s:s, s:s, s:I, s:i, s:i, s:o}", "backend", c->backend->name,
                  "threads", c->backend->threads, "target", name_target(c), "goal",
                  c->model->deployment->maximize ? "max" : "min", "evaluations",
                  (json_int_t)c->evaluations, "rounds", c->rounds, "tuned_knobs",
                  c->space->n_dimensions, "optimizers", list),
        error);
}

static flx_status print_lines(const contest *c, flx_error *error)
{
    static const char *const titles[] = {"optimizer", "seconds", "settings/s",
                                         "predicted"};
    const char *unit = flx_model_unit(c->model);
    flx_table *table = flx_table_create(4, titles, "lrrr");
    if (!table)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for the table");
    for (int i = 0; i < c->n_contenders; i++) {
        const contender *one = &c->contenders[i];
        char text[3][32];
        snprintf(text[0], sizeof text[0], "%.3f", one->median_s);
        snprintf(text[1], sizeof text[1], "%.4g", (double)c->evaluations / one->median_s);
        snprintf(text[2], sizeof text[2], "%.5g", one->median_value);
        const char *row[] = {one->name, text[0], text[1], text[2]};
        flx_table_row(table, row);
    }
    printf("%lld settings of %d knobs for %s%s%s, %s is best; medians of %d rounds on %s "
           "(%s)\n",
           (long long)c->evaluations, c->space->n_dimensions, name_target(c),
           *unit ? ", " : "", unit, c->model->deployment->maximize ? "more" : "less",
           c->rounds, c->backend->name, c->backend->description);
    flx_table_print(table);
    flx_table_destroy(table);
    return FLX_OK;
}

flx_status flx_bench_tune(const char *model, int64_t evaluations, int rounds,
                          struct flx_backend *backend, bool as_json, flx_error *error)
{
    contest c = {.backend = backend, .evaluations = evaluations, .rounds = rounds};
    flx_status status = open_contest(&c, model, error);
    if (status == FLX_OK)
        status = run_rounds(&c, error);
    if (status == FLX_OK)
        status = as_json ? print_document(&c, error) : print_lines(&c, error);
    close_contest(&c);
    return status;
}
