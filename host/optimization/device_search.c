/* SPDX-License-Identifier: MIT
 * A group of searches runs some generations at a time. A group that finds no memory is
 * halved: no search knows of the others. */
#include "host/optimization/device_search.h"

#include "formats/memory.h"
#include "host/optimization/optimizer_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* At last long enough that waiting for the device costs little, short enough for a
 * progress bar and for searches that stop early; at first short, since a young population
 * has more to offer to an archive of unlike settings. */
enum { FIRST_GENERATIONS = 4, MOST_GENERATIONS = 32 };
/* Of random search come back so many times the good settings that are wanted, since some
 * of them lie near others. */
enum { KEEP_FACTOR = 4 };

typedef struct {
    const flx_device_objective *objective;
    const flx_search_task *searches;
    const flx_progress *progress;
    double done, total;              /* evaluations, of all groups */
    flx_optimum **optima;            /* (count) */
    flx_optimizer_options *resolved; /* (count) */
    flx_population_search *planned;  /* (count) */
} run;

/* What a group holds; all of it may be NULL. */
typedef struct {
    int first, count;
    int generations; /* of the next call */
    flx_population *population;
    flx_population_report *reports; /* (count) */
    flx_stop *stops;                /* (count) before the last call */
    flx_elite_archive **elites;     /* (count) */
    double *best, *units, *values;  /* of the largest search */
} group;

/* False for an optimizer that only the host has. */
static bool find_kind(const flx_optimizer *optimizer, flx_population_kind *kind)
{
    static const struct {
        const flx_optimizer *optimizer;
        flx_population_kind kind;
    } kinds[] = {{&flx_random_search, FLX_POPULATION_RANDOM},
                 {&flx_differential_evolution, FLX_POPULATION_DE},
                 {&flx_lshade_optimizer, FLX_POPULATION_LSHADE}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].optimizer == optimizer) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

static int kept_rows(int keep)
{
    return keep < FLX_POPULATION_LARGEST / KEEP_FACTOR ? keep * KEEP_FACTOR
                                                       : FLX_POPULATION_LARGEST;
}

static flx_status resolve_search(const flx_search_task *search,
                                 flx_optimizer_options *options,
                                 flx_population_search *out, flx_error *error)
{
    const flx_optimizer *optimizer;
    const flx_problem *problem = &search->problem;
    flx_population_kind kind;
    FLX_TRY(flx_optimizer_resolve(search->optimizer, problem, &search->options,
                                  &optimizer, options, error));
    if (!find_kind(optimizer, &kind))
        return flx_fail(error, FLX_BAD_INPUT, "no device runs the optimizer \"%s\"",
                        search->optimizer);
    *out = (flx_population_search){
        .kind = kind,
        .problem = search->objective,
        .is_normalized = search->is_normalized,
        .is_maximized = search->is_maximized,
        .n_dimensions = problem->n_dimensions,
        .dimensions = problem->dimensions,
        .initial = problem->initial,
        .n_initial = problem->n_initial,
        .members = options->population,
        .budget = options->budget,
        .seed = options->seed,
        .has_target = options->has_target,
        .target = options->target,
        .patience = options->patience,
        .tolerance = options->tolerance,
        .keep = kept_rows(options->keep),
        .scale = options->scale,
        .crossover_rate = options->crossover_rate,
        .history = options->history,
        .smallest_members = options->smallest_population,
        .best_share = options->best_share,
        .archive_rate = options->archive_rate,
    };
    return FLX_OK;
}

bool flx_device_search_fits(const flx_search_task *search)
{
    flx_optimizer_options options;
    flx_population_search planned = {0};
    return resolve_search(search, &options, &planned, NULL) == FLX_OK &&
           planned.members <= FLX_POPULATION_LARGEST &&
           planned.history <= FLX_POPULATION_SLOTS;
}

static void clear(const run *r, group *g)
{
    if (g->population)
        r->objective->backend->operations->search_release(g->population);
    for (int i = 0; i < g->count && g->elites; i++)
        flx_elite_archive_destroy(g->elites[i]);
    free(g->elites);
    free(g->reports);
    free(g->stops);
    free(g->best);
    free(g->units);
    free(g->values);
}

static flx_status allocate(const run *r, group *g, flx_error *error)
{
    int rows = 1, width = 1;
    for (int i = g->first; i < g->first + g->count; i++) {
        const flx_population_search *planned = &r->planned[i];
        bool is_random = planned->kind == FLX_POPULATION_RANDOM;
        int own = is_random ? planned->keep : planned->members;
        rows = own > rows ? own : rows;
        width = planned->n_dimensions > width ? planned->n_dimensions : width;
    }
    if (!FLX_NEW(g->reports, g->count) || !FLX_NEW(g->stops, g->count) ||
        !FLX_NEW(g->elites, g->count) || !FLX_NEW(g->best, width) ||
        !FLX_NEW(g->units, (size_t)rows * (size_t)width) || !FLX_NEW(g->values, rows))
        return flx_no_memory(error, "%d searches of %d settings", g->count, rows);
    for (int i = 0; i < g->count; i++) {
        const flx_problem *problem = &r->searches[g->first + i].problem;
        const flx_optimizer_options *options = &r->resolved[g->first + i];
        FLX_TRY(flx_elite_archive_create(options->keep, problem->n_dimensions,
                                         problem->dimensions, options->spacing,
                                         &g->elites[i], error));
    }
    return FLX_OK;
}

/* Offers a search's population, as it is evaluated, to its archive. */
static flx_status offer_population(const run *r, group *g, int i, flx_error *error)
{
    const flx_problem *problem = &r->searches[g->first + i].problem;
    size_t n_dimensions = (size_t)problem->n_dimensions;
    flx_population_state state = {.units = g->units, .values = g->values};
    FLX_TRY(
        r->objective->backend->operations->search_read(g->population, i, &state, error));
    for (size_t row = 0; row < (size_t)g->reports[i].n_members; row++) {
        double *unit = g->units + row * n_dimensions;
        for (size_t d = 0; d < n_dimensions && problem->dimensions; d++)
            unit[d] = flx_dimension_snap(problem->dimensions[d], unit[d]);
        flx_elite_archive_offer(g->elites[i], unit, g->values[row]);
    }
    return FLX_OK;
}

/* An archive of one is the best, and random search keeps the best of all. */
static bool is_offered(const run *r, int search, bool is_over)
{
    return r->resolved[search].keep > 1 &&
           (is_over || r->planned[search].kind != FLX_POPULATION_RANDOM);
}

static flx_status advance(run *r, group *g, bool *is_done, flx_error *error)
{
    double done = 0;
    *is_done = true;
    for (int i = 0; i < g->count; i++) {
        done -= (double)g->reports[i].evaluations;
        g->stops[i] = g->reports[i].stop;
    }
    flx_status status = r->objective->backend->operations->search_advance(
        g->population, g->generations, g->reports, error);
    if (g->generations < MOST_GENERATIONS)
        g->generations *= 2;
    for (int i = 0; i < g->count && status == FLX_OK; i++) {
        bool is_over = g->reports[i].stop != FLX_STOP_NONE;
        done += (double)g->reports[i].evaluations;
        *is_done = *is_done && is_over;
        if (g->stops[i] == FLX_STOP_NONE && is_offered(r, g->first + i, is_over))
            status = offer_population(r, g, i, error);
    }
    r->done += done;
    flx_progress_report(r->progress, r->done, r->total);
    return status;
}

static flx_status collect(const run *r, group *g, int i, flx_error *error)
{
    const flx_population_report *report = &g->reports[i];
    flx_population_state state = {.best = g->best};
    FLX_TRY(
        r->objective->backend->operations->search_read(g->population, i, &state, error));
    flx_elite_archive_offer(g->elites[i], g->best, report->value);
    flx_optimum found = {.n_dimensions = r->planned[g->first + i].n_dimensions,
                         .best = g->best,
                         .value = report->value,
                         .evaluations = report->evaluations,
                         .n_generations = report->n_generations,
                         .stop = report->stop};
    return flx_optimum_create(&found, g->elites[i], &r->optima[g->first + i], error);
}

static flx_status search_group(run *r, group *g, flx_error *error)
{
    bool is_done = false;
    FLX_TRY(allocate(r, g, error));
    while (!is_done)
        FLX_TRY(advance(r, g, &is_done, error));
    for (int i = 0; i < g->count; i++)
        FLX_TRY(collect(r, g, i, error));
    return FLX_OK;
}

static flx_status create_population(const run *r, int first, int count,
                                    flx_population **out, flx_error *error)
{
    const flx_device_objective *objective = r->objective;
    const struct flx_backend_operations *call = objective->backend->operations;
    const flx_population_search *searches = r->planned + first;
    return objective->graph
               ? call->graph_search(objective->graph, searches, count, out, error)
               : call->weighting_search(objective->set, searches, count, out, error);
}

static flx_status search_range(run *r, int first, int count, flx_error *error)
{
    group g = {.first = first, .count = count, .generations = FIRST_GENERATIONS};
    flx_status status = FLX_NO_MEMORY;
    if (count <= FLX_POPULATION_SEARCHES)
        status = create_population(r, first, count, &g.population, error);
    if (status == FLX_NO_MEMORY && count > 1) {
        if (error)
            *error = (flx_error){0};
        FLX_TRY(search_range(r, first, count / 2, error));
        return search_range(r, first + count / 2, count - count / 2, error);
    }
    if (status == FLX_OK)
        status = search_group(r, &g, error);
    clear(r, &g);
    return status;
}

flx_status flx_device_search_run(const flx_device_objective *objective,
                                 const flx_search_task *searches, int count,
                                 const flx_progress *progress, flx_optimum **optima,
                                 flx_error *error)
{
    FLX_SCOPED flx_optimizer_options *resolved = NULL;
    FLX_SCOPED flx_population_search *planned = NULL;
    for (int i = 0; i < count; i++)
        optima[i] = NULL;
    if (!FLX_NEW(resolved, count) || !FLX_NEW(planned, count))
        return flx_no_memory(error, "%d searches", count);
    run r = {.objective = objective,
             .searches = searches,
             .progress = progress,
             .optima = optima,
             .resolved = resolved,
             .planned = planned};
    flx_status status = FLX_OK;
    for (int i = 0; i < count && status == FLX_OK; i++) {
        status = resolve_search(&searches[i], &resolved[i], &planned[i], error);
        r.total += (double)planned[i].budget;
    }
    if (status == FLX_OK && count > 0)
        status = search_range(&r, 0, count, error);
    for (int i = 0; i < count && status != FLX_OK; i++) {
        flx_optimum_destroy(optima[i]);
        optima[i] = NULL;
    }
    return status;
}
