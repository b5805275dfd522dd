/* SPDX-License-Identifier: MIT
 * The table of optimizers and the search around each of them: checks, counting, snapping
 * of genes with levels, the best setting, the list of good ones, stop rules. */
#include "host/optimization/optimizer_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const flx_optimizer *const table[] = {
    &flx_random_search,
    &flx_differential_evolution,
    &flx_lshade_optimizer,
};
enum { N_OPTIMIZERS = sizeof table / sizeof table[0] };

struct flx_search {
    const flx_optimizer *kind;
    flx_problem problem;
    flx_optimizer_options options;
    void *state;
    flx_elite_archive *good;
    double *settings; /* (largest batch, n_dimensions) snapped */
    double *values;   /* (largest batch) finite or INFINITY */
    double *best;     /* (n_dimensions) */
    double best_value;
    int pending; /* proposed and not yet accepted */
    int64_t evaluations;
    int n_generations, improved_at;
    flx_stop stop;
};

const char *flx_optimizer_name(int index)
{
    return index >= 0 && index < N_OPTIMIZERS ? table[index]->name : NULL;
}

const char *flx_optimizer_summary(int index)
{
    return index >= 0 && index < N_OPTIMIZERS ? table[index]->summary : NULL;
}

flx_dimension flx_search_dimension_of(const flx_problem *problem, int dimension)
{
    flx_dimension continuous = {FLX_DIMENSION_CONTINUOUS, 1, 0};
    return problem->genes ? problem->genes[dimension] : continuous;
}

bool flx_is_worth_threads(int count, int n_dimensions)
{
    return (size_t)count * (size_t)n_dimensions > 32768;
}

double *flx_new_matrix(int rows, int columns)
{
    return calloc((size_t)rows * (size_t)columns, sizeof(double));
}

void flx_first_population(const flx_problem *problem, uint64_t seed, int count,
                          double *units)
{
    for (int i = 0; i < count; i++)
        for (int d = 0; d < problem->n_dimensions; d++) {
            size_t at = (size_t)i * (size_t)problem->n_dimensions + (size_t)d;
            flx_dimension gene = flx_search_dimension_of(problem, d);
            flx_rng_key moment = {seed, (uint32_t)i, 0};
            units[at] = flx_first_dimension(moment, d, gene);
            if (i < problem->n_initial)
                units[at] = gene.kind == FLX_DIMENSION_CATEGORY
                                ? flx_dimension_snap(gene, problem->initial[at])
                                : problem->initial[at];
        }
}

static flx_status check_genes(const flx_problem *problem, flx_error *error)
{
    if (problem->n_dimensions < 1)
        return flx_fail(error, FLX_BAD_INPUT, "there is nothing to tune: %d dimensions",
                        problem->n_dimensions);
    for (int d = 0; d < problem->n_dimensions; d++) {
        flx_dimension gene = flx_search_dimension_of(problem, d);
        if (gene.kind != FLX_DIMENSION_CONTINUOUS && !(gene.levels >= 1))
            return flx_fail(error, FLX_BAD_INPUT, "dimension %d has %g levels", d,
                            gene.levels);
    }
    for (int i = 0; i < problem->n_initial; i++)
        for (int d = 0; d < problem->n_dimensions; d++) {
            double unit =
                problem->initial[(size_t)i * (size_t)problem->n_dimensions + (size_t)d];
            if (!(unit >= 0 && unit <= 1))
                return flx_fail(error, FLX_BAD_INPUT,
                                "initial setting %d has %g in dimension %d, which is "
                                "outside [0, 1]",
                                i, unit, d);
        }
    return FLX_OK;
}

static flx_status check_options(const flx_optimizer_options *options,
                                const flx_problem *problem, flx_error *error)
{
    if (options->budget < 1)
        return flx_fail(error, FLX_BAD_INPUT, "a budget of %lld evaluations is too small",
                        (long long)options->budget);
    if (options->population < 0 ||
        (options->population && options->population < problem->n_initial))
        return flx_fail(error, FLX_BAD_INPUT,
                        "a population of %d cannot hold %d initial settings",
                        options->population, problem->n_initial);
    if (options->patience < 0 || options->keep < 0 || !(options->spacing >= 0) ||
        !(options->tolerance >= 0))
        return flx_fail(error, FLX_BAD_INPUT,
                        "patience %d, tolerance %g, keep %d and spacing %g must not be "
                        "negative",
                        options->patience, options->tolerance, options->keep,
                        options->spacing);
    return FLX_OK;
}

static flx_status find_kind(const char *name, const flx_optimizer **out, flx_error *error)
{
    char names[256] = "";
    for (int i = 0; i < N_OPTIMIZERS; i++) {
        if (strcmp(table[i]->name, name) == 0) {
            *out = table[i];
            return FLX_OK;
        }
        strncat(names, i ? ", " : "", sizeof names - strlen(names) - 1);
        strncat(names, table[i]->name, sizeof names - strlen(names) - 1);
    }
    return flx_fail(error, FLX_BAD_INPUT, "there is no optimizer \"%s\", only %s", name,
                    names);
}

static flx_status allocate(flx_search *search, flx_error *error)
{
    int n_dimensions = search->problem.n_dimensions;
    int batch = search->kind->largest_batch(search->state);
    FLX_TRY(flx_elite_archive_create(search->options.keep, n_dimensions,
                                     search->problem.genes, search->options.spacing,
                                     &search->good, error));
    search->settings = flx_new_matrix(batch, n_dimensions);
    search->values = flx_new_matrix(batch, 1);
    search->best = flx_new_matrix(1, n_dimensions);
    if (!search->settings || !search->values || !search->best)
        return flx_fail(error, FLX_NO_MEMORY,
                        "no memory for a population of %d settings of %d genes", batch,
                        n_dimensions);
    return FLX_OK;
}

static void fill_defaults(flx_optimizer_options *options, const flx_optimizer *kind)
{
    if (options->budget == 0)
        options->budget = kind->budget;
    if (options->keep == 0)
        options->keep = 64;
    if (options->spacing == 0)
        options->spacing = 0.05;
}

flx_status flx_optimizer_resolve(const char *name, const flx_problem *problem,
                                 const flx_optimizer_options *options,
                                 const flx_optimizer **kind,
                                 flx_optimizer_options *resolved, flx_error *error)
{
    *resolved = options ? *options : (flx_optimizer_options){0};
    FLX_TRY(find_kind(name, kind, error));
    fill_defaults(resolved, *kind);
    FLX_TRY(check_genes(problem, error));
    FLX_TRY(check_options(resolved, problem, error));
    (*kind)->fill_defaults(problem, resolved);
    return (*kind)->check(resolved, error);
}

flx_status flx_search_create(const char *name, const flx_problem *problem,
                             const flx_optimizer_options *options, flx_search **out,
                             flx_error *error)
{
    *out = NULL;
    const flx_optimizer *kind = NULL;
    flx_optimizer_options chosen;
    FLX_TRY(flx_optimizer_resolve(name, problem, options, &kind, &chosen, error));
    flx_search *search = calloc(1, sizeof *search);
    if (!search)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for a search");
    search->kind = kind;
    search->problem = *problem;
    search->options = chosen;
    search->best_value = INFINITY;
    flx_status status = kind->create(problem, &chosen, &search->state, error);
    if (status == FLX_OK)
        status = allocate(search, error);
    if (status != FLX_OK) {
        flx_search_destroy(search);
        return status;
    }
    *out = search;
    return FLX_OK;
}

void flx_search_destroy(flx_search *search)
{
    if (!search)
        return;
    free(search->best);
    free(search->values);
    free(search->settings);
    flx_elite_archive_destroy(search->good);
    if (search->state)
        search->kind->destroy(search->state);
    free(search);
}

bool flx_search_is_done(const flx_search *search)
{
    return search->stop != FLX_STOP_NONE;
}

int flx_search_largest_batch(const flx_search *search)
{
    return search->kind->largest_batch(search->state);
}

int flx_search_population(const flx_search *search, const double **units,
                          const double **values)
{
    return search->kind->population
               ? search->kind->population(search->state, units, values)
               : 0;
}

const double *flx_search_propose(flx_search *search, int *count)
{
    int64_t left = search->options.budget - search->evaluations;
    int limit = flx_search_largest_batch(search);
    limit = left < limit ? (int)left : limit;
    const double *trials = search->kind->propose(search->state, limit, count);
    size_t n_dimensions = (size_t)search->problem.n_dimensions;
    if (!search->problem.genes) /* in [0, 1] as proposed */
        memcpy(search->settings, trials, (size_t)*count * n_dimensions * sizeof *trials);
    for (size_t i = 0; i < (size_t)*count && search->problem.genes; i++)
        for (size_t d = 0; d < n_dimensions; d++)
            search->settings[i * n_dimensions + d] = flx_dimension_snap(
                search->problem.genes[d], trials[i * n_dimensions + d]);
    search->pending = *count;
    return search->settings;
}

static void record_values(flx_search *search, const double *values)
{
    size_t n_dimensions = (size_t)search->problem.n_dimensions;
    for (int i = 0; i < search->pending; i++) {
        const double *setting = search->settings + (size_t)i * n_dimensions;
        double value = isfinite(values[i]) ? values[i] : INFINITY;
        search->values[i] = value;
        flx_elite_archive_offer(search->good, setting, value);
        if (value < search->best_value) {
            search->best_value = value;
            memcpy(search->best, setting, n_dimensions * sizeof(double));
            search->improved_at = search->n_generations;
        }
    }
}

static flx_stop find_stop(const flx_search *search)
{
    const flx_optimizer_options *options = &search->options;
    flx_stop_rule rule = {options->budget, options->has_target, options->target,
                          options->patience, options->tolerance};
    int idle = search->n_generations - 1 - search->improved_at;
    double spread = options->patience && idle >= options->patience
                        ? search->kind->spread(search->state)
                        : INFINITY;
    return flx_find_stop(rule, search->evaluations, search->best_value, idle, spread);
}

void flx_search_accept(flx_search *search, const double *values)
{
    record_values(search, values);
    search->kind->accept(search->state, search->values, search->pending);
    search->evaluations += search->pending;
    search->pending = 0;
    search->n_generations++;
    search->stop = find_stop(search);
    flx_progress_report(search->options.progress, (double)search->evaluations,
                        (double)search->options.budget);
}

flx_status flx_search_result(const flx_search *search, flx_optimum **out,
                             flx_error *error)
{
    flx_optimum found = {.n_dimensions = search->problem.n_dimensions,
                         .best = search->best,
                         .value = search->best_value,
                         .evaluations = search->evaluations,
                         .n_generations = search->n_generations,
                         .stop = search->stop};
    return flx_optimum_create(&found, search->good, out, error);
}

static flx_status run(flx_search *search, double *values, flx_error *error)
{
    while (!flx_search_is_done(search)) {
        int count = 0;
        const double *settings = flx_search_propose(search, &count);
        FLX_TRY(search->problem.evaluate(search->problem.context, settings, count, values,
                                         error));
        flx_search_accept(search, values);
    }
    return FLX_OK;
}

flx_status flx_optimize(const char *name, const flx_problem *problem,
                        const flx_optimizer_options *options, flx_optimum **out,
                        flx_error *error)
{
    *out = NULL;
    flx_search *search = NULL;
    FLX_TRY(flx_search_create(name, problem, options, &search, error));
    double *values = flx_new_matrix(flx_search_largest_batch(search), 1);
    flx_status status = values ? run(search, values, error)
                               : flx_fail(error, FLX_NO_MEMORY, "no memory for values");
    if (status == FLX_OK)
        status = flx_search_result(search, out, error);
    free(values);
    flx_search_destroy(search);
    return status;
}
