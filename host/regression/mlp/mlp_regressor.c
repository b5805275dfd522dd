/* SPDX-License-Identifier: MIT
 * Multi-layer perceptrons as a kind of model (the paper's DNN baseline). All tasks,
 * trials of hyper-parameters (host/regression/mlp/mlp_config.h) and folds are trained
 * together, as one batch (host/regression/mlp/mlp_training.h); few enough at a time to
 * fit into memory, which changes no result.
 *
 * The model is the mean of the networks of the three best trials over all folds: every
 * row counts, and every residual is that of networks which were not taught the row.
 * (Trials and steps were picked by these residuals: on 10 rows they are a fifth too
 * small.) Inputs are standardized, which the first layer's weights take over in the end.
 *
 * parameters: number of networks, then for each one activation (0 tanh, 1 relu), number
 * of layers of weights, their sizes (layers + 1), and weights as in
 * host/regression/mlp/mlp_network.h.
 *
 * A task fails as host/regression/regressor_target.h says. */
#include "host/regression/regressor.h"

#include "host/regression/mlp/mlp_cross_validation.h"
#include "host/regression/mlp/mlp_predict.h"
#include "host/regression/row_predictor.h"

#include <stdlib.h>

/* 1 GiB of doubles in training at a time, or a single course. */
static const size_t MOST_DOUBLES = (size_t)1 << 27;

typedef struct {
    flx_backend *backend;
    flx_mlp_cross_validation *lessons; /* (count) */
    int count;
    flx_mlp_run *courses;             /* (count * FLX_MLP_CONFIG_COUNT) */
    flx_mlp_cross_validation **owner; /* of each course */
    int n_courses, done;
    const flx_progress *progress;
} college;

static void plan_courses(college *c, flx_mlp_cross_validation *lesson)
{
    flx_mlp_config trials[FLX_MLP_CONFIG_COUNT];
    flx_mlp_search_space space =
        lesson->task->wants_paper_ranges ? FLX_MLP_PAPER : FLX_MLP_SMALL;
    flx_mlp_draw_configs(space, lesson->task->d, lesson->task->seed, trials);
    for (uint32_t t = 0; t < FLX_MLP_CONFIG_COUNT; t++) {
        c->owner[c->n_courses] = lesson;
        c->courses[c->n_courses++] = (flx_mlp_run){.trial = trials[t],
                                                   .folds = lesson->folds,
                                                   .fold = lesson->fold,
                                                   .seed = lesson->task->seed,
                                                   .individual = t * FLX_FOLDS};
    }
}

static flx_status open_college(college *c, const flx_fit_task *const *tasks,
                               flx_fit_result *const *results, flx_error *error)
{
    size_t room = (size_t)c->count * FLX_MLP_CONFIG_COUNT + 1;
    c->lessons = calloc((size_t)c->count + 1, sizeof *c->lessons);
    c->courses = calloc(room, sizeof *c->courses);
    c->owner = calloc(room, sizeof *c->owner);
    if (!c->lessons || !c->courses || !c->owner)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d fits", c->count);
    for (int t = 0; t < c->count; t++) {
        FLX_TRY(flx_mlp_cross_validation_prepare(&c->lessons[t], tasks[t], results[t],
                                                 error));
        if (!results[t]->has_failed)
            plan_courses(c, &c->lessons[t]);
    }
    return FLX_OK;
}

static void close_college(college *c)
{
    for (int i = 0; i < c->n_courses; i++)
        free(c->courses[i].weights);
    for (int t = 0; t < c->count && c->lessons; t++)
        flx_mlp_cross_validation_clear(&c->lessons[t]);
    free(c->lessons);
    free(c->courses);
    free(c->owner);
}

/* How many courses from `first` on are trained together. */
static int measure_portion(const college *c, int first)
{
    int last = first;
    size_t doubles = 0;
    while (last < c->n_courses) {
        doubles += flx_mlp_count_memory(&c->courses[last]);
        if (doubles > MOST_DOUBLES && last > first)
            break;
        last++;
    }
    return last - first;
}

static flx_status give_room(flx_mlp_run *courses, int count, flx_error *error)
{
    for (int i = 0; i < count; i++) {
        size_t size = flx_mlp_count_weights(&courses[i].trial.shape);
        courses[i].weights = malloc((size_t)courses[i].folds * size * sizeof(double));
        if (!courses[i].weights)
            return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu weights", size);
    }
    return FLX_OK;
}

/* Courses side by side, each on a stream of the backend: nobody waits for anybody. */
static flx_status train_apart(college *c, int count, flx_error *error)
{
    flx_status status = FLX_OK;
    int ended = 0, streams = c->backend->predict_streams;
#pragma omp parallel for schedule(dynamic, 1) num_threads(streams)
    for (int i = 0; i < count; i++) {
        flx_error own = {0};
        flx_status result =
            flx_mlp_train(c->backend, c->courses + c->done + i, 1, NULL, &own);
#pragma omp critical(flx_mlp)
        {
            if (result != FLX_OK && status == FLX_OK) {
                status = result;
                *error = own;
            }
            flx_progress_report(c->progress, c->done + ++ended, c->n_courses);
        }
    }
    return status;
}

static void report_portion(void *context, double done, double total)
{
    (void)total;
    college *c = context;
    flx_progress_report(c->progress, c->done + done, c->n_courses);
}

/* All courses as one batch: a device with one queue, or few large networks, in whose
 * products the threads meet. */
static flx_status train_together(college *c, int count, flx_error *error)
{
    flx_progress progress = {report_portion, c};
    return flx_mlp_train(c->backend, c->courses + c->done, count, &progress, error);
}

static flx_status train_portion(college *c, int count, flx_error *error)
{
    flx_mlp_run *courses = c->courses + c->done;
    int streams = c->backend->predict_streams;
    FLX_TRY(give_room(courses, count, error));
    if (streams > 1 && count >= streams)
        FLX_TRY(train_apart(c, count, error));
    else
        FLX_TRY(train_together(c, count, error));
    for (int i = 0; i < count; i++) {
        flx_mlp_cross_validation_take(c->owner[c->done + i], &courses[i]);
        courses[i].weights = NULL;
    }
    c->done += count;
    return FLX_OK;
}

static flx_status fit(flx_backend *backend, const flx_fit_task *const *tasks, int count,
                      flx_fit_result *const *results, const flx_fit_observer *observer,
                      flx_error *error)
{
    if (!backend->operations->multiply)
        return flx_fail(error, FLX_NO_BACKEND,
                        "the %s backend has no matrix products yet: fit perceptrons with "
                        "--backend cpu",
                        backend->name);
    college c = {.backend = backend, .count = count, .progress = observer->progress};
    flx_status status = open_college(&c, tasks, results, error);
    while (status == FLX_OK && c.done < c.n_courses)
        status = train_portion(&c, measure_portion(&c, c.done), error);
    for (int t = 0; t < count && status == FLX_OK; t++)
        if (!results[t]->has_failed)
            status = flx_mlp_cross_validation_finish(&c.lessons[t], error);
    close_college(&c);
    return status;
}

static flx_status prepare(flx_backend *backend, const flx_query_target *targets,
                          int count, void **prepared, flx_error *error)
{
    static const flx_row_predictor rows = {flx_mlp_load, flx_mlp_unload, flx_mlp_predict};
    return flx_row_predictor_prepare(&rows, backend, targets, count, prepared, error);
}

const flx_regressor flx_mlp_regressor = {.fit = fit,
                                         .prepare = prepare,
                                         .release = flx_row_predictor_release,
                                         .predict = flx_row_predictor_predict};
