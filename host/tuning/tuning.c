/* SPDX-License-Identifier: MIT
 * Search, then predict the few settings that are reported with their intervals: the
 * search itself needs means only, which cost a fraction of a variance. */
#include "host/tuning/tuning.h"
#include "host/optimization.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Listed settings differ by at least a fifth of the cube's side (root mean square), where
 * enough good ones do. */
static const double list_distance = 0.2;

static double read_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static flx_status run_search(const flx_tuning *tuning, flx_search *search,
                             double *settings, double *values, flx_error *error)
{
    size_t n_knobs = (size_t)tuning->space->n_knobs;
    size_t n_genes = (size_t)tuning->space->n_genes;
    while (!flx_search_is_done(search)) {
        int count = 0;
        const double *units = flx_search_propose(search, &count);
        for (size_t i = 0; i < (size_t)count; i++)
            flx_search_space_decode(tuning->space, units + i * n_genes,
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
    int batch = flx_search_largest_batch(search);
    double *settings = flx_new_matrix(batch, tuning->space->n_knobs);
    double *values = flx_new_matrix(batch, 1);
    flx_status status =
        settings && values ? run_search(tuning, search, settings, values, error)
                           : flx_fail(error, FLX_NO_MEMORY,
                                      "no memory for a population of %d settings", batch);
    if (status == FLX_OK)
        status = flx_search_result(search, out, error);
    free(values);
    free(settings);
    flx_search_destroy(search);
    return status;
}

static flx_status search_settings(const flx_tuning *tuning, const double *initial,
                                  flx_tuned *tuned, flx_optimum **out, flx_error *error)
{
    flx_device_search search = {.optimizer = tuning->optimizer,
                                .problem = {.n_dimensions = tuning->space->n_genes,
                                            .dimensions = tuning->space->genes,
                                            .initial = initial,
                                            .n_initial = initial != NULL},
                                .options = tuning->options,
                                .is_maximized = tuning->maximize};
    if (tuning->search && flx_device_search_fits(&search))
        FLX_TRY(tuning->search(tuning->search_context, &search, out, error));
    tuned->is_on_device = *out != NULL;
    return *out ? FLX_OK : search_on_host(tuning, &search.problem, out, error);
}

/* Picks unlike settings of those that the search kept; the best is always the first. */
static flx_status choose_top(const flx_tuning *tuning, const flx_optimum *optimum,
                             int *chosen, int *n_chosen, flx_error *error)
{
    flx_elite_archive *list = NULL;
    FLX_TRY(flx_elite_archive_create(optimum->n_kept, optimum->n_dimensions,
                                     tuning->space->genes, 0, &list, error));
    for (int i = 0; i < optimum->n_kept; i++)
        flx_elite_archive_offer(list,
                                optimum->kept + (size_t)i * (size_t)optimum->n_dimensions,
                                optimum->kept_values[i]);
    *n_chosen = flx_elite_archive_choose(list, tuning->top, list_distance, chosen);
    flx_elite_archive_destroy(list);
    return FLX_OK;
}

static flx_status predict_setting(const flx_tuning *tuning, flx_tuned_setting *setting,
                                  flx_error *error)
{
    return tuning->predict(tuning->context, setting->settings, 1, &setting->predicted,
                           &setting->lower90, &setting->upper90, error);
}

static flx_status report_setting(const flx_tuning *tuning, const double *unit,
                                 flx_tuned_setting *setting, flx_error *error)
{
    setting->settings = flx_new_matrix(1, tuning->space->n_knobs);
    if (!setting->settings)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for %d settings",
                        tuning->space->n_knobs);
    if (unit)
        flx_search_space_decode(tuning->space, unit, setting->settings);
    else
        flx_search_space_defaults(tuning->space, setting->settings);
    return predict_setting(tuning, setting, error);
}

/* Predictions of the best setting with one knob each put back to its default. */
static flx_status predict_without(const flx_tuning *tuning, const double *best,
                                  const double *defaults, double *predicted,
                                  flx_error *error)
{
    size_t n_knobs = (size_t)tuning->space->n_knobs;
    double *settings = flx_new_matrix(tuning->space->n_knobs, tuning->space->n_knobs);
    if (!settings)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for %zu settings", n_knobs);
    for (size_t k = 0; k < n_knobs; k++) {
        memcpy(settings + k * n_knobs, best, n_knobs * sizeof(double));
        settings[k * n_knobs + k] = defaults[k];
    }
    flx_status status = tuning->predict(tuning->context, settings, (int)n_knobs,
                                        predicted, NULL, NULL, error);
    free(settings);
    return status;
}

/* Whether a prediction is good enough for a knob to go back for it. */
static bool is_kept(const flx_tuning *tuning, double predicted, double best)
{
    if (!tuning->finish)
        return predicted == best;
    return tuning->maximize ? predicted >= best : predicted <= best;
}

/* Puts knobs back, those first that gain most by it, one after the other as two of them
 * may stand in for each other. predicted (n_knobs): of the best with one knob put back.
 */
static flx_status put_back(const flx_tuning *tuning, const double *predicted,
                           const int *order, flx_tuned *tuned, flx_error *error)
{
    flx_tuned_setting *best = &tuned->best;
    double reached = best->predicted;
    for (int i = 0; i < tuned->n_knobs; i++) {
        int k = order[i];
        double tuned_value = best->settings[k], now = NAN;
        if (!is_kept(tuning, predicted[k], best->predicted) ||
            tuned_value == tuned->fallback.settings[k])
            continue;
        best->settings[k] = tuned->fallback.settings[k];
        FLX_TRY(
            tuning->predict(tuning->context, best->settings, 1, &now, NULL, NULL, error));
        tuned->finishing_evaluations++;
        if (is_kept(tuning, now, reached))
            reached = now;
        else
            best->settings[k] = tuned_value;
    }
    return predict_setting(tuning, best, error);
}

static flx_status settle_in(const flx_tuning *tuning, flx_tuned *tuned, double *predicted,
                            int *order, flx_error *error)
{
    const double *defaults = tuned->fallback.settings;
    double sign = tuning->maximize ? -1 : 1;
    FLX_TRY(predict_without(tuning, tuned->best.settings, defaults, predicted, error));
    for (int k = 0; k < tuned->n_knobs; k++)
        tuned->worth[k] = sign * predicted[k];
    flx_rank(tuned->worth, tuned->n_knobs, order);
    FLX_TRY(put_back(tuning, predicted, order, tuned, error));
    FLX_TRY(predict_without(tuning, tuned->best.settings, defaults, predicted, error));
    for (int k = 0; k < tuned->n_knobs; k++)
        tuned->worth[k] = sign * (predicted[k] - tuned->best.predicted);
    tuned->finishing_evaluations += 2 * tuned->n_knobs;
    return FLX_OK;
}

/* Puts knobs back to their default and finds what each of the others is worth. */
static flx_status settle(const flx_tuning *tuning, flx_tuned *tuned, flx_error *error)
{
    tuned->worth = flx_new_matrix(1, tuned->n_knobs);
    double *predicted = flx_new_matrix(1, tuned->n_knobs);
    int *order = calloc((size_t)tuned->n_knobs, sizeof *order);
    flx_status status =
        tuned->worth && predicted && order
            ? settle_in(tuning, tuned, predicted, order, error)
            : flx_fail(error, FLX_NO_MEMORY, "no memory for %d knobs", tuned->n_knobs);
    free(order);
    free(predicted);
    return status;
}

static flx_status report_top(const flx_tuning *tuning, const flx_optimum *optimum,
                             flx_tuned *tuned, flx_error *error)
{
    if (tuning->top < 1)
        return FLX_OK;
    int n_chosen = 0;
    int *chosen = calloc((size_t)tuning->top, sizeof *chosen);
    tuned->top = calloc((size_t)tuning->top, sizeof *tuned->top);
    flx_status status =
        chosen && tuned->top
            ? choose_top(tuning, optimum, chosen, &n_chosen, error)
            : flx_fail(error, FLX_NO_MEMORY, "no memory for %d settings", tuning->top);
    for (int i = 0; i < n_chosen && status == FLX_OK; i++) {
        const double *unit =
            optimum->kept + (size_t)chosen[i] * (size_t)optimum->n_dimensions;
        tuned->n_top = i + 1;
        status = report_setting(tuning, unit, &tuned->top[i], error);
    }
    if (n_chosen > 0 && status == FLX_OK) { /* the best as it was settled */
        double *settings = tuned->top[0].settings;
        memcpy(settings, tuned->best.settings, (size_t)tuned->n_knobs * sizeof(double));
        tuned->top[0] = tuned->best;
        tuned->top[0].settings = settings;
    }
    free(chosen);
    return status;
}

static flx_status report(const flx_tuning *tuning, const flx_optimum *optimum,
                         flx_tuned *tuned, flx_error *error)
{
    tuned->n_knobs = tuning->space->n_knobs;
    tuned->evaluations = optimum->evaluations;
    FLX_TRY(report_setting(tuning, optimum->best, &tuned->best, error));
    FLX_TRY(report_setting(tuning, NULL, &tuned->fallback, error));
    FLX_TRY(settle(tuning, tuned, error));
    return report_top(tuning, optimum, tuned, error);
}

/* The default setting as a unit point; *initial stays NULL where a default lies outside
 * its knob's range, as then it is not a candidate. */
static flx_status encode_defaults(const flx_search_space *space, double **initial,
                                  flx_error *error)
{
    double *settings = flx_new_matrix(1, space->n_knobs);
    double *unit = flx_new_matrix(1, space->n_genes);
    if (!settings || !unit) {
        free(unit);
        free(settings);
        return flx_fail(error, FLX_NO_MEMORY, "no memory for %d settings",
                        space->n_knobs);
    }
    flx_search_space_defaults(space, settings);
    if (flx_search_space_encode(space, settings, unit, NULL) == FLX_OK) {
        *initial = unit;
        unit = NULL;
    }
    free(unit);
    free(settings);
    return FLX_OK;
}

static flx_status tune_and_report(const flx_tuning *tuning, flx_tuned *tuned,
                                  flx_error *error)
{
    double *initial = NULL;
    flx_optimum *optimum = NULL;
    FLX_TRY(encode_defaults(tuning->space, &initial, error));
    flx_status status = search_settings(tuning, initial, tuned, &optimum, error);
    if (status == FLX_OK)
        status = report(tuning, optimum, tuned, error);
    flx_optimum_destroy(optimum);
    free(initial);
    return status;
}

flx_status flx_tune(const flx_tuning *tuning, flx_tuned **out, flx_error *error)
{
    *out = NULL;
    double started = read_clock();
    if (tuning->space->n_genes == 0)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "there is nothing to tune: each of the %d knobs is fixed, has one "
            "value only or is read by no model",
            tuning->space->n_knobs);
    flx_tuned *tuned = calloc(1, sizeof *tuned);
    if (!tuned)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for the result of tuning");
    flx_status status = tune_and_report(tuning, tuned, error);
    if (status != FLX_OK) {
        flx_tuned_destroy(tuned);
        return status;
    }
    tuned->wall_s = read_clock() - started;
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
    free(tuned->worth);
    free(tuned->fallback.settings);
    free(tuned->best.settings);
    free(tuned);
}
