/* SPDX-License-Identifier: MIT
 * What is to be fitted before a period is fitted at once, one core a model; its rows
 * are then predicted stretch by stretch, with the weights of the moment. */
#include "host/evaluation/backtest.h"

#include "formats/clock.h"
#include "formats/memory.h"
#include "host/evaluation/dynamic_ensemble.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_REWEIGHT_S = 7200, USUAL_RECENT = 20000 };
static const double usual_accuracy = 0.85;

typedef struct {
    const flx_time_series *series;
    flx_backtest_options options;
    flx_backend *backend;
    flx_dynamic_ensemble *ensemble;
    flx_backtest *backtest;
    int *starts;         /* (n_periods + 1) first row of each period */
    double *predicted;   /* (n) by one predictor, of the period at hand */
    double *predictions; /* (n, width) likewise */
    int *rows;           /* (n) 0, 1, 2, ... */
    int *chosen;         /* (n) */
    double miss[FLX_BACKTEST_PREDICTORS], hits[FLX_BACKTEST_PREDICTORS];
    double size[FLX_BACKTEST_PREDICTORS]; /* sum of |target|, numbers */
    int64_t counted[FLX_BACKTEST_PREDICTORS];
} walk;

/* A model to be fitted, and what came of it. */
typedef struct {
    const int *rows;
    int count;
    flx_predictor_kind kind;
    flx_period_model model;
    flx_error error;
} job;

/* The start of the period or stretch of `length` that holds `time`. */
static int64_t floor_time(int64_t time, int64_t length)
{
    int64_t over = time % length;
    return time - (over < 0 ? over + length : over);
}

static flx_status fit_jobs(walk *w, job *jobs, int count, flx_error *error)
{
    int threads = w->backend->threads;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int j = 0; j < count; j++)
        flx_period_model_fit(w->series, jobs[j].rows, jobs[j].count, jobs[j].kind,
                             w->options.seed, &jobs[j].model, &jobs[j].error);
    for (int j = 0; j < count; j++)
        if (jobs[j].error.status != FLX_OK)
            return flx_fail(error, jobs[j].error.status, "%s", jobs[j].error.message);
    return FLX_OK;
}

/* Adds the period's error of one predictor, and to the sums over all periods. */
static void score(walk *w, int period, flx_backtest_predictor who)
{
    const flx_time_series *h = w->series;
    int first = w->starts[period], last = w->starts[period + 1];
    double miss = 0, hits = 0, size = 0;
    for (int i = first; i < last; i++) {
        miss += fabs(w->predicted[i] - h->y[i]);
        hits += w->predicted[i] == h->y[i];
        size += fabs(h->y[i]);
    }
    flx_backtest_score *s = &w->backtest->periods[period].scores[who];
    s->mae = miss / (last - first);
    s->accuracy = h->classes ? hits / (last - first) : miss > 0 ? 1 - miss / size : 1;
    w->miss[who] += miss;
    w->hits[who] += hits;
    w->size[who] += size;
    w->counted[who] += last - first;
}

static flx_status score_baseline(walk *w, int period, flx_backtest_predictor who,
                                 const flx_period_model *model, flx_error *error)
{
    int first = w->starts[period], count = w->starts[period + 1] - first;
    size_t width = (size_t)flx_time_series_width(w->series);
    FLX_TRY(flx_period_model_predict(model, w->series, w->rows + first, count,
                                     w->predictions, error));
    for (int i = 0; i < count; i++)
        w->predicted[first + i] =
            flx_time_series_value(w->series, w->predictions + (size_t)i * width);
    w->backtest->periods[period].scores[who].train_s = model->seconds;
    score(w, period, who);
    return FLX_OK;
}

/* Whether the error of a period asks for a model: its accuracy is too low, or nothing was
 * there to predict it. */
static bool wants_model(const walk *w, int period)
{
    const flx_backtest_period *p = &w->backtest->periods[period];
    return !(p->scores[FLX_BACKTEST_HOSTED].accuracy >= w->options.accuracy);
}

static int list_baselines(const walk *w, int period, job *jobs)
{
    int now = w->starts[period], last = w->starts[period - 1];
    if (w->options.has_no_baselines)
        return 0;
    for (int who = 1; who < FLX_BACKTEST_PREDICTORS; who++) {
        bool is_forest =
            who == FLX_BACKTEST_FOREST_LAST || who == FLX_BACKTEST_FOREST_ALL;
        bool is_last =
            who == FLX_BACKTEST_FOREST_LAST || who == FLX_BACKTEST_XGBOOST_LAST;
        int first = is_last ? last : 0;
        jobs[who - 1] =
            (job){.rows = w->rows + first,
                  .count = now - first,
                  .kind = is_forest ? FLX_PREDICTOR_FOREST : FLX_PREDICTOR_XGBOOST};
    }
    return FLX_BACKTEST_PREDICTORS - 1;
}

/* Hands the model fitted on the period before over to the assignment. */
static flx_status host(walk *w, int period, job *fitted, flx_error *error)
{
    flx_backtest_period *before = &w->backtest->periods[period - 1];
    before->adds_model = true;
    before->scores[FLX_BACKTEST_HOSTED].train_s = fitted->model.seconds;
    return flx_dynamic_ensemble_take(w->ensemble, &fitted->model, fitted->rows,
                                     fitted->count, error);
}

/* What the end of the period before asks for. The last period's end fits nothing: no rows
 * are left to be predicted. */
static flx_status open_period(walk *w, int period, flx_error *error)
{
    job jobs[FLX_BACKTEST_PREDICTORS];
    if (period == 0)
        return FLX_OK;
    memset(jobs, 0, sizeof jobs);
    int baselines = list_baselines(w, period, jobs), count = baselines;
    if (wants_model(w, period - 1))
        jobs[count++] =
            (job){.rows = w->chosen,
                  .count = flx_dynamic_ensemble_choose(w->ensemble, w->starts[period - 1],
                                                       w->starts[period], w->chosen),
                  .kind = w->options.kind};
    flx_status status = fit_jobs(w, jobs, count, error);
    for (int j = 0; j < baselines && status == FLX_OK; j++)
        status = score_baseline(w, period, (flx_backtest_predictor)(j + 1),
                                &jobs[j].model, error);
    if (status == FLX_OK && count > baselines)
        status = host(w, period, &jobs[baselines], error);
    for (int j = 0; j < count; j++)
        flx_period_model_clear(&jobs[j].model);
    return status;
}

static flx_status reweight(walk *w, int period, int now, flx_error *error)
{
    flx_backtest_period *p = &w->backtest->periods[period];
    double started = flx_clock_seconds();
    if (w->ensemble->n_models < 2)
        return FLX_OK;
    FLX_TRY(flx_dynamic_ensemble_reweight(w->ensemble, now, error));
    p->reweightings++;
    p->reweight_s += flx_clock_seconds() - started;
    return FLX_OK;
}

/* Stretch by stretch: weights from what has been, then predictions. */
static flx_status predict_period(walk *w, int period, flx_error *error)
{
    const flx_time_series *h = w->series;
    flx_backtest_period *p = &w->backtest->periods[period];
    int last = w->starts[period + 1], end;
    for (int first = w->starts[period]; first < last; first = end) {
        int64_t into = floor_time(h->time[first] - p->start, w->options.reweight_s);
        end = flx_time_series_find(h, p->start + into + w->options.reweight_s);
        end = end < last ? end : last;
        FLX_TRY(reweight(w, period, first, error));
        FLX_TRY(flx_dynamic_ensemble_predict(w->ensemble, first, end,
                                             w->predicted + first, error));
        flx_progress_report(w->options.progress, end, h->n);
    }
    score(w, period, FLX_BACKTEST_HOSTED);
    return FLX_OK;
}

static flx_status walk_period(walk *w, int period, flx_error *error)
{
    flx_backtest_period *p = &w->backtest->periods[period];
    FLX_TRY(open_period(w, period, error));
    p->models = w->ensemble->n_models;
    if (p->models > 0)
        return predict_period(w, period, error);
    flx_progress_report(w->options.progress, w->starts[period + 1], w->series->n);
    return FLX_OK;
}

static void sum_up(walk *w)
{
    flx_backtest_period *total = &w->backtest->total;
    const flx_backtest_period *last = &w->backtest->periods[w->backtest->n_periods - 1];
    *total = (flx_backtest_period){.start = w->backtest->periods[0].start,
                                   .rows = w->series->n,
                                   .models = last->models};
    for (int p = 0; p < w->backtest->n_periods; p++) {
        const flx_backtest_period *period = &w->backtest->periods[p];
        total->reweightings += period->reweightings;
        total->reweight_s += period->reweight_s;
        for (int who = 0; who < FLX_BACKTEST_PREDICTORS; who++)
            total->scores[who].train_s += period->scores[who].train_s;
    }
    for (int who = 0; who < FLX_BACKTEST_PREDICTORS; who++) {
        double n = w->counted[who] ? (double)w->counted[who] : NAN;
        total->scores[who].mae = w->miss[who] / n;
        total->scores[who].accuracy =
            w->series->classes ? w->hits[who] / n : 1 - w->miss[who] / w->size[who];
    }
}

/* Cuts the series into periods; those without rows are no periods. periods, starts NULL:
 * counts only. */
static int list_periods(const walk *w, flx_backtest_period *periods, int *starts)
{
    const flx_time_series *h = w->series;
    int count = 0;
    int64_t start = 0;
    for (int i = 0; i < h->n; i++) {
        int64_t next = floor_time(h->time[i], w->options.period_s);
        bool is_first = count == 0 || next != start;
        start = next;
        count += is_first;
        if (!periods)
            continue;
        flx_backtest_period *p = &periods[count - 1];
        if (is_first) {
            *p = (flx_backtest_period){.start = start};
            for (int who = 0; who < FLX_BACKTEST_PREDICTORS; who++)
                p->scores[who] = (flx_backtest_score){NAN, NAN, 0};
            starts[count - 1] = i;
        }
        starts[count] = i + 1;
        p->rows++;
    }
    return count;
}

static flx_status allocate(walk *w, flx_error *error)
{
    size_t n = (size_t)w->series->n, width = (size_t)flx_time_series_width(w->series);
    size_t periods = (size_t)list_periods(w, NULL, NULL);
    if (!FLX_NEW(w->backtest, 1) || !FLX_NEW(w->backtest->periods, periods) ||
        !FLX_NEW(w->starts, periods + 1) || !FLX_NEW(w->predicted, n) ||
        !FLX_NEW(w->predictions, n * width) || !FLX_NEW(w->rows, n) ||
        !FLX_NEW(w->chosen, n))
        return flx_no_memory(error, "%zu rows", n);
    for (size_t i = 0; i < n; i++)
        w->rows[i] = (int)i;
    w->backtest->n_periods = list_periods(w, w->backtest->periods, w->starts);
    return flx_dynamic_ensemble_create(w->series, w->backend, w->options.period_s,
                                       w->options.recent, w->options.seed, &w->ensemble,
                                       error);
}

static void release(walk *w)
{
    flx_dynamic_ensemble_destroy(w->ensemble);
    free(w->starts);
    free(w->predicted);
    free(w->predictions);
    free(w->rows);
    free(w->chosen);
}

static flx_status set_defaults(flx_backtest_options *options, flx_error *error)
{
    if (options->reweight_s == 0)
        options->reweight_s = USUAL_REWEIGHT_S;
    if (options->accuracy == 0)
        options->accuracy = usual_accuracy;
    if (options->recent == 0)
        options->recent = USUAL_RECENT;
    if (options->kind == FLX_PREDICTOR_GP)
        options->kind = FLX_PREDICTOR_XGBOOST;
    if (options->period_s < 1 || options->reweight_s < 1 || options->recent < 1)
        return flx_fail(error, FLX_BAD_INPUT,
                        "a backtest in periods of %lld s with weights every %lld s on %d "
                        "rows makes no sense",
                        (long long)options->period_s, (long long)options->reweight_s,
                        options->recent);
    return FLX_OK;
}

flx_status flx_backtest_run(const flx_time_series *series,
                            const flx_backtest_options *options, flx_backend *backend,
                            flx_backtest **out, flx_error *error)
{
    walk w = {.series = series, .options = *options, .backend = backend};
    *out = NULL;
    FLX_TRY(set_defaults(&w.options, error));
    flx_status status = allocate(&w, error);
    for (int p = 0; status == FLX_OK && p < w.backtest->n_periods; p++)
        status = walk_period(&w, p, error);
    if (status == FLX_OK) {
        sum_up(&w);
        *out = w.backtest;
    } else
        flx_backtest_destroy(w.backtest);
    release(&w);
    return status;
}

void flx_backtest_destroy(flx_backtest *backtest)
{
    if (!backtest)
        return;
    free(backtest->periods);
    free(backtest);
}
