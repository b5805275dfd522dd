/* SPDX-License-Identifier: MIT
 * The loop over the steps of all runs. */
#include "host/regression/mlp/mlp_training.h"

#include "formats/memory.h"
#include "host/regression/mlp/mlp_run.h"

#include <stdlib.h>

typedef struct {
    flx_backend *backend;
    int count, n_learners, threads;
    flx_mlp_state *states;
    flx_mlp_learner *learners, **live; /* those that take part in a pass */
    flx_mlp_pass *passes;
    flx_product *products;
    double *losses; /* (n_learners) sums of squares */
    double *memory;
    int *orders;
} batch;

/* Numbers that a step passes through below which other threads are not worth waking. */
static const size_t WORTH_THREADS = 4000000;

static flx_status create(batch *b, flx_mlp_run *runs, int count, flx_error *error)
{
    size_t doubles = 0, rows = 0;
    for (int r = 0; r < count; r++) {
        b->n_learners += runs[r].folds;
        for (int f = 0; f < runs[r].folds; f++) {
            doubles += flx_mlp_count_learner(&runs[r], &runs[r].fold[f]);
            rows += (size_t)runs[r].fold[f].n;
        }
    }
    b->threads = doubles > WORTH_THREADS ? b->backend->threads : 1;
    b->count = count;
    if (!FLX_NEW(b->states, count) || !FLX_NEW(b->learners, b->n_learners) ||
        !FLX_NEW(b->live, b->n_learners) || !FLX_NEW(b->passes, b->n_learners) ||
        !FLX_NEW(b->products, 2 * b->n_learners) || !FLX_NEW(b->losses, b->n_learners) ||
        !FLX_NEW(b->memory, doubles) || !FLX_NEW(b->orders, rows))
        return flx_no_memory(error, "%d networks of %zu numbers", b->n_learners, doubles);
    double *memory = b->memory;
    int *orders = b->orders, learner = 0;
    for (int r = 0; r < count; learner += runs[r++].folds)
        flx_mlp_run_start(&b->states[r], &runs[r], r, b->learners + learner, &memory,
                          &orders);
    return FLX_OK;
}

static void release(batch *b)
{
    free(b->states);
    free(b->learners);
    free(b->live);
    free(b->passes);
    free(b->products);
    free(b->losses);
    free(b->memory);
    free(b->orders);
}

/* Error on the rows left out of one network, after its forward pass. */
static double sum_squares(const flx_mlp_learner *l, const flx_mlp_pass *pass)
{
    double sum = 0;
    for (int i = 0; i < pass->m; i++) {
        double miss = flx_mlp_predictions(pass)[i] - l->fold->test_y[i];
        sum += miss * miss;
    }
    return sum;
}

/* Validates all runs that are due. */
static flx_status validate(batch *b, flx_error *error)
{
    int used = 0;
    for (int r = 0; r < b->count; r++)
        for (int f = 0;
             f < b->states[r].run->folds && flx_mlp_is_check_due(&b->states[r]); f++) {
            flx_mlp_learner *l = &b->states[r].learners[f];
            b->live[used] = l;
            b->passes[used++] = (flx_mlp_pass){.shape = &l->run->config.shape,
                                               .weights = l->weights,
                                               .m = l->fold->m,
                                               .X = l->fold->test_X,
                                               .work = l->work};
        }
    FLX_TRY(flx_mlp_forward(b->backend, b->passes, used, b->products, error));
    for (int i = 0; i < used; i++)
        b->losses[i] = sum_squares(b->live[i], &b->passes[i]);
    for (int r = 0, i = 0; r < b->count; r++) {
        if (!flx_mlp_is_check_due(&b->states[r]))
            continue;
        double sum = 0, rows = 0;
        for (int f = 0; f < b->states[r].run->folds; f++, i++) {
            sum += b->losses[i];
            rows += b->passes[i].m;
        }
        flx_mlp_record_error(&b->states[r], sum / rows);
    }
    return FLX_OK;
}

/* One step of every network of a run that is not done; how many there are in *live. */
static flx_status advance(batch *b, int *live, flx_error *error)
{
    int used = 0, threads = b->threads;
    for (int r = 0; r < b->count; r++)
        for (int f = 0; f < b->states[r].run->folds && !b->states[r].is_done; f++)
            b->live[used++] = &b->states[r].learners[f];
    *live = used;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (threads > 1)
    for (int i = 0; i < used; i++)
        b->passes[i] =
            flx_mlp_gather_batch(b->live[i], b->states[b->live[i]->number].step);
    FLX_TRY(flx_mlp_forward(b->backend, b->passes, used, b->products, error));
    for (int i = 0; i < used; i++)
        flx_mlp_differentiate_loss(b->live[i], &b->passes[i]);
    FLX_TRY(flx_mlp_backward(b->backend, b->passes, used, b->products, error));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (threads > 1)
    for (int i = 0; i < used; i++) {
        const flx_mlp_state *own = &b->states[b->live[i]->number];
        flx_mlp_step(b->live[i], own->rate, own->steps_at_rate);
    }
    return FLX_OK;
}

static void report(const batch *b, const flx_progress *progress)
{
    double done = 0;
    for (int r = 0; r < b->count; r++) {
        const flx_mlp_state *own = &b->states[r];
        done += own->is_done ? 1 : (double)own->step / flx_mlp_max_steps(own->run);
    }
    flx_progress_report(progress, done, b->count);
}

flx_status flx_mlp_train(flx_backend *backend, flx_mlp_run *runs, int count,
                         const flx_progress *progress, flx_error *error)
{
    batch b = {.backend = backend};
    flx_status status = create(&b, runs, count, error);
    int live = count;
    while (status == FLX_OK && live > 0) {
        status = validate(&b, error);
        if (status == FLX_OK)
            status = advance(&b, &live, error);
        for (int r = 0; r < count; r++)
            flx_mlp_count_step(&b.states[r]);
        report(&b, progress);
    }
    release(&b);
    return status;
}
