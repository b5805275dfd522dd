/* SPDX-License-Identifier: MIT
 * Search, then predict the few settings that are reported with their intervals: the
 * search itself needs means only, which cost a fraction of a variance. */
#include "host/tuning/tuning.h"

#include "formats/clock.h"
#include "formats/memory.h"
#include "host/optimization.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Listed settings differ by at least a fifth of the cube's side (root mean square), where
 * enough good ones do. */
static const double list_distance = 0.2;

static flx_status run_search(const flx_tuning *tuning, flx_search *search,
                             double *settings, double *values, flx_error *error)
{
    size_t n_knobs = (size_t)tuning->space->n_knobs;
    size_t n_dimensions = (size_t)tuning->space->n_dimensions;
    while (!flx_search_is_done(search)) {
        int count = 0;
        const double *units = flx_search_propose(search, &count);
        for (size_t i = 0; i < (size_t)count; i++)
            flx_search_space_decode(tuning->space, units + i * n_dimensions,
                                    settings + i * n_knobs);
        FLX_TRY(
            tuning->predict(tuning->context, settings, count, values, NULL, NULL, error));
        for (int i = 0; i < count && tuning->maximize; i++)
            values[i] = -values[i];
        flx_search_accept(search, values);
    }
    return FLX_OK;
}

static flx_status search_on_host(const flx_tuning *tuning, const flx_problem *problem,
                                 flx_optimum **out, flx_error *error)
{
    flx_search *search = NULL;
    FLX_TRY(
        flx_search_create(tuning->optimizer, problem, &tuning->options, &search, error));
    size_t batch = (size_t)flx_search_largest_batch(search);
    FLX_SCOPED double *settings = NULL, *values = NULL;
    flx_status status = FLX_NEW(settings, batch * (size_t)tuning->space->n_knobs) &&
                                FLX_NEW(values, batch)
                            ? run_search(tuning, search, settings, values, error)
                            : flx_no_memory(error, "a population of %zu settings", batch);
    if (status == FLX_OK)
        status = flx_search_result(search, out, error);
    flx_search_destroy(search);
    return status;
}

static flx_status search_settings(const flx_tuning *tuning, const double *initial,
                                  flx_tuned *tuned, flx_optimum **out, flx_error *error)
{
    flx_search_task search = {.optimizer = tuning->optimizer,
                              .problem = {.n_dimensions = tuning->space->n_dimensions,
                                          .dimensions = tuning->space->dimensions,
                                          .initial = initial,
                                          .n_initial = initial != NULL},
                              .options = tuning->options,
                              .is_maximized = tuning->maximize};
    if (tuning->search && flx_device_search_fits(&search))
        FLX_TRY(tuning->search(tuning->context, &search, out, error));
    tuned->is_on_device = *out != NULL;
    return *out ? FLX_OK : search_on_host(tuning, &search.problem, out, error);
}

/* Picks unlike settings of those that the search kept; the best is always the first. */
static flx_status choose_top(const flx_tuning *tuning, const flx_optimum *optimum,
                             int *chosen, int *n_chosen, flx_error *error)
{
    flx_elite_archive *archive = NULL;
    FLX_TRY(flx_elite_archive_create(optimum->n_kept, optimum->n_dimensions,
                                     tuning->space->dimensions, 0, &archive, error));
    for (int i = 0; i < optimum->n_kept; i++)
        flx_elite_archive_offer(archive,
                                optimum->kept + (size_t)i * (size_t)optimum->n_dimensions,
                                optimum->kept_values[i]);
    *n_chosen = flx_elite_archive_choose(archive, tuning->top, list_distance, chosen);
    flx_elite_archive_destroy(archive);
    return FLX_OK;
}

static flx_status predict_setting(const flx_tuning *tuning, flx_tuned_setting *setting,
                                  flx_error *error)
{
    return tuning->predict(tuning->context, setting->settings, 1, &setting->predicted,
                           &setting->lower90, &setting->upper90, error);
}

/* The setting of a unit point, or the defaults (NULL), predicted. */
static flx_status report_setting(const flx_tuning *tuning, const double *unit,
                                 flx_tuned_setting *setting, flx_error *error)
{
    if (!FLX_NEW(setting->settings, tuning->space->n_knobs))
        return flx_no_memory(error, "%d settings", tuning->space->n_knobs);
    if (unit)
        flx_search_space_decode(tuning->space, unit, setting->settings);
    else
        flx_search_space_defaults(tuning->space, setting->settings);
    return predict_setting(tuning, setting, error);
}

/* predicted (n_knobs): of the best setting with one knob each put back to its default. */
static flx_status predict_ablations(const flx_tuning *tuning, const flx_tuned *tuned,
                                    double *predicted, flx_error *error)
{
    size_t n_knobs = (size_t)tuned->n_knobs;
    FLX_SCOPED double *settings = NULL;
    if (!FLX_NEW(settings, n_knobs * n_knobs))
        return flx_no_memory(error, "%zu settings", n_knobs);
    for (size_t k = 0; k < n_knobs; k++) {
        memcpy(settings + k * n_knobs, tuned->best.settings, n_knobs * sizeof *settings);
        settings[k * n_knobs + k] = tuned->baseline.settings[k];
    }
    return tuning->predict(tuning->context, settings, (int)n_knobs, predicted, NULL, NULL,
                           error);
}

/* Whether a prediction is good enough for a knob to go back for it. */
static bool is_good_enough(const flx_tuning *tuning, double predicted, double best)
{
    if (!tuning->finish)
        return predicted == best;
    return tuning->maximize ? predicted >= best : predicted <= best;
}

/* Puts knobs back, those first that gain most by it, one after the other as two of them
 * may stand in for each other. predicted (n_knobs): of the best with one knob put back.
 */
static flx_status restore_defaults(const flx_tuning *tuning, const double *predicted,
                                   const int *order, flx_tuned *tuned, flx_error *error)
{
    flx_tuned_setting *best = &tuned->best;
    double reached = best->predicted;
    for (int i = 0; i < tuned->n_knobs; i++) {
        int k = order[i];
        double tuned_value = best->settings[k], now = NAN;
        if (!is_good_enough(tuning, predicted[k], best->predicted) ||
            tuned_value == tuned->baseline.settings[k])
            continue;
        best->settings[k] = tuned->baseline.settings[k];
        FLX_TRY(
            tuning->predict(tuning->context, best->settings, 1, &now, NULL, NULL, error));
        tuned->finishing_evaluations++;
        if (is_good_enough(tuning, now, reached))
            reached = now;
        else
            best->settings[k] = tuned_value;
    }
    return predict_setting(tuning, best, error);
}

/* Puts knobs back to their default and finds the ablation costs of the others. */
static flx_status finish(const flx_tuning *tuning, flx_tuned *tuned, flx_error *error)
{
    double sign = tuning->maximize ? -1 : 1;
    FLX_SCOPED double *predicted = NULL;
    FLX_SCOPED int *order = NULL;
    double *costs = FLX_NEW(tuned->ablation_costs, tuned->n_knobs);
    if (!costs || !FLX_NEW(predicted, tuned->n_knobs) || !FLX_NEW(order, tuned->n_knobs))
        return flx_no_memory(error, "%d knobs", tuned->n_knobs);
    FLX_TRY(predict_ablations(tuning, tuned, predicted, error));
    for (int k = 0; k < tuned->n_knobs; k++)
        costs[k] = sign * predicted[k];
    flx_rank(costs, tuned->n_knobs, order);
    FLX_TRY(restore_defaults(tuning, predicted, order, tuned, error));
    FLX_TRY(predict_ablations(tuning, tuned, predicted, error));
    for (int k = 0; k < tuned->n_knobs; k++)
        costs[k] = sign * (predicted[k] - tuned->best.predicted);
    tuned->finishing_evaluations += 2 * tuned->n_knobs;
    return FLX_OK;
}

static flx_status report_top(const flx_tuning *tuning, const flx_optimum *optimum,
                             flx_tuned *tuned, flx_error *error)
{
    int n_chosen = 0;
    FLX_SCOPED int *chosen = NULL;
    if (tuning->top < 1)
        return FLX_OK;
    if (!FLX_NEW(chosen, tuning->top) || !FLX_NEW(tuned->top, tuning->top))
        return flx_no_memory(error, "%d settings", tuning->top);
    FLX_TRY(choose_top(tuning, optimum, chosen, &n_chosen, error));
    for (int i = 0; i < n_chosen; i++) {
        const double *unit =
            optimum->kept + (size_t)chosen[i] * (size_t)optimum->n_dimensions;
        tuned->n_top = i + 1;
        FLX_TRY(report_setting(tuning, unit, &tuned->top[i], error));
    }
    if (n_chosen > 0) { /* the best with the knobs that went back */
        double *settings = tuned->top[0].settings;
        memcpy(settings, tuned->best.settings, (size_t)tuned->n_knobs * sizeof *settings);
        tuned->top[0] = tuned->best;
        tuned->top[0].settings = settings;
    }
    return FLX_OK;
}

static flx_status report(const flx_tuning *tuning, const flx_optimum *optimum,
                         flx_tuned *tuned, flx_error *error)
{
    tuned->n_knobs = tuning->space->n_knobs;
    tuned->evaluations = optimum->evaluations;
    FLX_TRY(report_setting(tuning, optimum->best, &tuned->best, error));
    FLX_TRY(report_setting(tuning, NULL, &tuned->baseline, error));
    FLX_TRY(finish(tuning, tuned, error));
    return report_top(tuning, optimum, tuned, error);
}

static flx_status tune_and_report(const flx_tuning *tuning, flx_tuned *tuned,
                                  flx_error *error)
{
    const flx_search_space *space = tuning->space;
    FLX_SCOPED double *defaults = NULL, *unit = NULL;
    if (!FLX_NEW(defaults, space->n_knobs) || !FLX_NEW(unit, space->n_dimensions))
        return flx_no_memory(error, "%d settings", space->n_knobs);
    flx_search_space_defaults(space, defaults);
    /* Where a default lies outside of its knob's range it is no candidate. */
    bool is_inside = flx_search_space_encode(space, defaults, unit, NULL) == FLX_OK;
    flx_optimum *optimum = NULL;
    flx_status status =
        search_settings(tuning, is_inside ? unit : NULL, tuned, &optimum, error);
    if (status == FLX_OK)
        status = report(tuning, optimum, tuned, error);
    flx_optimum_destroy(optimum);
    return status;
}

flx_status flx_tune(const flx_tuning *tuning, flx_tuned **out, flx_error *error)
{
    *out = NULL;
    double started = flx_clock_seconds();
    if (tuning->space->n_dimensions == 0)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "there is nothing to tune: each of the %d knobs is fixed, has one "
            "value only or is read by no model",
            tuning->space->n_knobs);
    flx_tuned *tuned;
    if (!FLX_NEW(tuned, 1))
        return flx_no_memory(error, "the result of tuning");
    flx_status status = tune_and_report(tuning, tuned, error);
    if (status != FLX_OK) {
        flx_tuned_destroy(tuned);
        return status;
    }
    tuned->wall_s = flx_clock_seconds() - started;
    *out = tuned;
    return FLX_OK;
}

void flx_tuned_destroy(flx_tuned *tuned)
{
    if (!tuned)
        return;
    for (int i = 0; i < tuned->n_top; i++)
        free(tuned->top[i].settings);
    free(tuned->top);
    free(tuned->ablation_costs);
    free(tuned->baseline.settings);
    free(tuned->best.settings);
    free(tuned);
}
