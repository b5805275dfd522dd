/* SPDX-License-Identifier: MIT
 * Multi-layer perceptrons as a kind of model (the paper's DNN baseline). All tasks,
 * configurations of hyper-parameters and folds are trained together, as one batch
 * (host/regression/mlp/mlp_training.h); few enough at a time to fit into memory, which
 * changes no result.
 *
 * The model is the mean of the networks of the three best configurations over all folds:
 * every row counts, and every residual is that of networks which were not trained on the
 * row. (Configurations and steps were picked by these residuals: on 10 rows they are a
 * fifth too small.) Inputs are standardized, which the first layer's weights take over in
 * the end.
 *
 * parameters: number of networks, then for each one activation (0 tanh, 1 relu), number
 * of layers of weights, their sizes (layers + 1), and weights as in
 * host/regression/mlp/mlp_network.h.
 *
 * A task fails as host/regression/regressor_target.h says. */
#include "host/regression/regressor.h"

#include "formats/memory.h"
#include "host/regression/mlp/mlp_cross_validation.h"
#include "host/regression/row_predictor.h"

#include <stdlib.h>
#include <string.h>

/* 1 GiB of doubles in training at a time, or a single run. */
static const size_t MOST_DOUBLES = (size_t)1 << 27;

typedef struct {
    flx_backend *backend;
    flx_mlp_cross_validation *validations; /* (count) */
    int count;
    flx_mlp_run *runs;                /* (count * FLX_MLP_CONFIG_COUNT) */
    flx_mlp_cross_validation **owner; /* of each run */
    int n_runs, done;
    const flx_progress *progress;
} batch;

static void add_runs(batch *b, flx_mlp_cross_validation *validation)
{
    const flx_fit_task *task = validation->task;
    flx_mlp_config configs[FLX_MLP_CONFIG_COUNT];
    flx_mlp_draw_configs(task->wants_paper_ranges ? FLX_MLP_PAPER : FLX_MLP_SMALL,
                         task->d, task->seed, configs);
    for (uint32_t c = 0; c < FLX_MLP_CONFIG_COUNT; c++) {
        b->owner[b->n_runs] = validation;
        b->runs[b->n_runs++] = (flx_mlp_run){.config = configs[c],
                                             .folds = validation->folds,
                                             .fold = validation->fold,
                                             .seed = task->seed,
                                             .individual = c * FLX_FOLDS};
    }
}

static flx_status create(batch *b, const flx_fit_task *const *tasks,
                         flx_fit_result *const *results, flx_error *error)
{
    size_t runs = (size_t)b->count * FLX_MLP_CONFIG_COUNT;
    if (!FLX_NEW(b->validations, b->count) || !FLX_NEW(b->runs, runs) ||
        !FLX_NEW(b->owner, runs))
        return flx_no_memory(error, "%d fits", b->count);
    for (int t = 0; t < b->count; t++) {
        FLX_TRY(flx_mlp_cross_validation_prepare(&b->validations[t], tasks[t], results[t],
                                                 error));
        if (!results[t]->has_failed)
            add_runs(b, &b->validations[t]);
    }
    return FLX_OK;
}

static void release(batch *b)
{
    for (int i = 0; i < b->n_runs; i++)
        free(b->runs[i].weights);
    for (int t = 0; t < b->count && b->validations; t++)
        flx_mlp_cross_validation_clear(&b->validations[t]);
    free(b->validations);
    free(b->runs);
    free(b->owner);
}

/* How many runs from `first` on are trained together. */
static int measure_portion(const batch *b, int first)
{
    int last = first;
    size_t doubles = 0;
    while (last < b->n_runs) {
        doubles += flx_mlp_count_memory(&b->runs[last]);
        if (doubles > MOST_DOUBLES && last > first)
            break;
        last++;
    }
    return last - first;
}

/* Runs side by side, each on a stream of the backend, so that none waits for another. */
static flx_status train_apart(batch *b, int count, flx_error *error)
{
    flx_status status = FLX_OK;
    int ended = 0, streams = b->backend->predict_streams;
#pragma omp parallel for schedule(dynamic, 1) num_threads(streams)
    for (int i = 0; i < count; i++) {
        flx_error own = {0};
        flx_status result =
            flx_mlp_train(b->backend, b->runs + b->done + i, 1, NULL, &own);
#pragma omp critical(flx_mlp)
        {
            if (result != FLX_OK && status == FLX_OK) {
                status = result;
                *error = own;
            }
            flx_progress_report(b->progress, b->done + ++ended, b->n_runs);
        }
    }
    return status;
}

static void report_portion(void *context, double done, double total)
{
    (void)total;
    batch *b = context;
    flx_progress_report(b->progress, b->done + done, b->n_runs);
}

/* All runs as one batch: a device with one queue, or few large networks, in whose
 * products the threads meet. */
static flx_status train_together(batch *b, int count, flx_error *error)
{
    flx_progress progress = {report_portion, b};
    return flx_mlp_train(b->backend, b->runs + b->done, count, &progress, error);
}

static flx_status train_portion(batch *b, int count, flx_error *error)
{
    flx_mlp_run *runs = b->runs + b->done;
    int streams = b->backend->predict_streams;
    for (int i = 0; i < count; i++) {
        size_t size = flx_mlp_count_weights(&runs[i].config.shape);
        if (!FLX_NEW(runs[i].weights, (size_t)runs[i].folds * size))
            return flx_no_memory(error, "%zu weights", size);
    }
    FLX_TRY(streams > 1 && count >= streams ? train_apart(b, count, error)
                                            : train_together(b, count, error));
    for (int i = 0; i < count; i++) {
        flx_mlp_cross_validation_take(b->owner[b->done + i], &runs[i]);
        runs[i].weights = NULL;
    }
    b->done += count;
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
    batch b = {.backend = backend, .count = count, .progress = observer->progress};
    flx_status status = create(&b, tasks, results, error);
    while (status == FLX_OK && b.done < b.n_runs)
        status = train_portion(&b, measure_portion(&b, b.done), error);
    for (int t = 0; t < count && status == FLX_OK; t++)
        if (!results[t]->has_failed)
            status = flx_mlp_cross_validation_finish(&b.validations[t], error);
    release(&b);
    return status;
}

/* A fitted network, its weights in the predictor's parameters. */
typedef struct {
    flx_mlp_shape shape;
    const double *weights;
} network;

typedef struct {
    int count;
    size_t work; /* doubles of scratch that one row takes at most */
    network networks[];
} ensemble;

/* Far more than anything here makes, and no product of two overflows. */
enum { MOST_NETWORKS = 10000, WIDEST = 1000000 };

/* Reads a whole number from low to high. */
static bool read_count(const flx_predictor *p, size_t *at, int low, int high, int *out)
{
    double value = *at < p->n_parameters ? p->parameters[(*at)++] : -1;
    *out = value >= low && value <= high ? (int)value : -1;
    return *out >= 0 && *out == value;
}

static bool read_network(const flx_predictor *p, size_t *at, network *n)
{
    int activation;
    if (!read_count(p, at, FLX_MLP_TANH, FLX_MLP_RELU, &activation) ||
        !read_count(p, at, 1, FLX_MLP_MAX_LAYERS, &n->shape.layers))
        return false;
    n->shape.activation = (flx_mlp_activation)activation;
    for (int l = 0; l <= n->shape.layers; l++) {
        int low = l == 0 ? p->n_features : 1;
        int high = l == 0 ? p->n_features : l == n->shape.layers ? 1 : WIDEST;
        if (!read_count(p, at, low, high, &n->shape.size[l]))
            return false;
    }
    size_t count = flx_mlp_count_weights(&n->shape);
    if (count > p->n_parameters - *at)
        return false;
    n->weights = p->parameters + *at;
    *at += count;
    return true;
}

static flx_status load(const flx_predictor *p, void **loaded, flx_error *error)
{
    size_t at = 0;
    int count;
    *loaded = NULL;
    if (!read_count(p, &at, 1, MOST_NETWORKS, &count))
        return flx_fail(error, FLX_BAD_INPUT,
                        "the %zu parameters of an mlp do not begin with a number of "
                        "networks from 1 to %d",
                        p->n_parameters, MOST_NETWORKS);
    ensemble *e = calloc(1, sizeof *e + (size_t)count * sizeof e->networks[0]);
    if (!e)
        return flx_no_memory(error, "%d networks", count);
    for (int i = 0; i < count; i++) {
        if (!read_network(p, &at, &e->networks[i]) ||
            (i == count - 1 && at != p->n_parameters)) {
            free(e);
            return flx_fail(error, FLX_BAD_INPUT,
                            "the parameters of an mlp over %d features: network %d of %d "
                            "does not fit",
                            p->n_features, i, count);
        }
        size_t work = flx_mlp_count_work(&e->networks[i].shape, 1);
        e->work = work > e->work ? work : e->work;
    }
    e->count = count;
    *loaded = e;
    return FLX_OK;
}

static void unload(void *loaded)
{
    free(loaded);
}

static flx_status predict_rows(const flx_predictor *p, const void *loaded,
                               const double *X, int m, double *mean, double *slopes,
                               flx_error *error)
{
    const ensemble *e = loaded;
    size_t d = (size_t)p->n_features, last = (size_t)p->n_metrics;
    FLX_SCOPED double *scratch = NULL;
    if (!FLX_NEW(scratch, e->work))
        return flx_no_memory(error, "%zu numbers", e->work);
    for (size_t i = 0; i < (size_t)m; i++) {
        double sum = 0, *own = slopes ? slopes + i * last : NULL;
        if (own)
            memset(own, 0, last * sizeof *own);
        for (int k = 0; k < e->count; k++)
            sum += flx_mlp_predict_row(&e->networks[k].shape, e->networks[k].weights,
                                       X + i * d, scratch, (int)last, own);
        mean[i] = sum / e->count;
        for (size_t k = 0; k < last && own; k++)
            own[k] /= e->count;
    }
    return FLX_OK;
}

static flx_status prepare(flx_backend *backend, const flx_query_target *targets,
                          int count, void **prepared, flx_error *error)
{
    static const flx_row_predictor rows = {load, unload, predict_rows};
    return flx_row_predictor_prepare(&rows, backend, targets, count, prepared, error);
}

const flx_regressor flx_mlp_regressor = {.fit = fit,
                                         .prepare = prepare,
                                         .release = flx_row_predictor_release,
                                         .predict = flx_row_predictor_predict};
