/* SPDX-License-Identifier: MIT
 * The loop over the steps of all courses. */
#include "host/regression/mlp/mlp_training.h"

#include "host/regression/mlp/mlp_run.h"

#include <stdlib.h>

typedef struct {
    flx_backend *backend;
    int count, n_learners, threads;
    flx_mlp_state *states;
    flx_mlp_member *learners, **live; /* those that take part in a pass */
    flx_mlp_pass *passes;
    flx_product *products;
    double *losses; /* (n_learners) sums of squares */
    double *memory;
    int *orders;
} school;

/* Numbers that a step passes through below which other threads are not worth waking. */
static const size_t WORTH_THREADS = 4000000;

static flx_status open_school(school *s, flx_mlp_run *courses, int count,
                              flx_error *error)
{
    size_t doubles = 0, rows = 0;
    for (int c = 0; c < count; c++) {
        s->n_learners += courses[c].folds;
        for (int f = 0; f < courses[c].folds; f++) {
            doubles += flx_mlp_count_member(&courses[c], &courses[c].fold[f]);
            rows += (size_t)courses[c].fold[f].n;
        }
    }
    size_t learners = (size_t)s->n_learners + 1;
    s->threads = doubles > WORTH_THREADS ? s->backend->threads : 1;
    s->count = count;
    s->states = calloc((size_t)count + 1, sizeof *s->states);
    s->learners = calloc(learners, sizeof *s->learners);
    s->live = calloc(learners, sizeof *s->live);
    s->passes = calloc(learners, sizeof *s->passes);
    s->products = calloc(2 * learners, sizeof *s->products);
    s->losses = calloc(learners, sizeof *s->losses);
    s->memory = calloc(doubles + 1, sizeof *s->memory);
    s->orders = calloc(rows + 1, sizeof *s->orders);
    if (!s->states || !s->learners || !s->live || !s->passes || !s->products ||
        !s->losses || !s->memory || !s->orders)
        return flx_fail(error, FLX_NO_MEMORY,
                        "out of memory for %d networks of %zu numbers", s->n_learners,
                        doubles);
    double *memory = s->memory;
    int *orders = s->orders, learner = 0;
    for (int c = 0; c < count; learner += courses[c++].folds)
        flx_mlp_run_start(&s->states[c], &courses[c], c, s->learners + learner, &memory,
                          &orders);
    return FLX_OK;
}

static void close_school(school *s)
{
    free(s->states);
    free(s->learners);
    free(s->live);
    free(s->passes);
    free(s->products);
    free(s->losses);
    free(s->memory);
    free(s->orders);
}

/* Error on the rows left out of one network, after its forward pass. */
static double sum_squares(const flx_mlp_member *l, const flx_mlp_pass *pass)
{
    double sum = 0;
    for (int i = 0; i < pass->m; i++) {
        double miss = flx_mlp_predictions(pass)[i] - l->fold->expected[i];
        sum += miss * miss;
    }
    return sum;
}

/* All courses that are due look at the rows they left out. */
static flx_status look(school *s, flx_error *error)
{
    int used = 0;
    for (int c = 0; c < s->count; c++)
        for (int f = 0; f < s->states[c].course->folds && flx_mlp_is_due(&s->states[c]);
             f++) {
            flx_mlp_member *l = &s->states[c].learners[f];
            s->live[used] = l;
            s->passes[used++] = (flx_mlp_pass){.shape = &l->course->trial.shape,
                                               .weights = l->weights,
                                               .m = l->fold->m,
                                               .X = l->fold->asked,
                                               .work = l->work};
        }
    FLX_TRY(flx_mlp_forward(s->backend, s->passes, used, s->products, error));
    for (int i = 0; i < used; i++)
        s->losses[i] = sum_squares(s->live[i], &s->passes[i]);
    for (int c = 0, i = 0; c < s->count; c++) {
        if (!flx_mlp_is_due(&s->states[c]))
            continue;
        double sum = 0, rows = 0;
        for (int f = 0; f < s->states[c].course->folds; f++, i++) {
            sum += s->losses[i];
            rows += s->passes[i].m;
        }
        flx_mlp_report_error(&s->states[c], sum / rows);
    }
    return FLX_OK;
}

/* One step of every network of a course that is not done; how many there are in *live. */
static flx_status advance(school *s, int *live, flx_error *error)
{
    int used = 0, threads = s->threads;
    for (int c = 0; c < s->count; c++)
        for (int f = 0; f < s->states[c].course->folds && !s->states[c].is_done; f++)
            s->live[used++] = &s->states[c].learners[f];
    *live = used;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (threads > 1)
    for (int i = 0; i < used; i++)
        s->passes[i] = flx_mlp_gather(s->live[i], s->states[s->live[i]->number].step);
    FLX_TRY(flx_mlp_forward(s->backend, s->passes, used, s->products, error));
    for (int i = 0; i < used; i++)
        flx_mlp_compare(s->live[i], &s->passes[i]);
    FLX_TRY(flx_mlp_backward(s->backend, s->passes, used, s->products, error));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (threads > 1)
    for (int i = 0; i < used; i++) {
        const flx_mlp_state *own = &s->states[s->live[i]->number];
        flx_mlp_move(s->live[i], own->rate, own->age);
    }
    return FLX_OK;
}

static void report(const school *s, const flx_progress *progress)
{
    double done = 0;
    for (int c = 0; c < s->count; c++) {
        const flx_mlp_state *own = &s->states[c];
        done += own->is_done ? 1 : (double)own->step / flx_mlp_max_steps(own->course);
    }
    flx_progress_report(progress, done, s->count);
}

flx_status flx_mlp_train(flx_backend *backend, flx_mlp_run *courses, int count,
                         const flx_progress *progress, flx_error *error)
{
    school s = {.backend = backend};
    flx_status status = open_school(&s, courses, count, error);
    int live = count;
    while (status == FLX_OK && live > 0) {
        status = look(&s, error);
        if (status == FLX_OK)
            status = advance(&s, &live, error);
        for (int c = 0; c < count; c++)
            flx_mlp_count_step(&s.states[c]);
        report(&s, progress);
    }
    close_school(&s);
    return status;
}
