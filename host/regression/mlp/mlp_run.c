/* SPDX-License-Identifier: MIT */
#include "host/regression/mlp/mlp_run.h"

#include <math.h>
#include <string.h>

/* Steps from one validation to the next, at least; validations without progress until the
 * rate drops; how often it drops, and to which share. */
enum { CHECK_INTERVAL = 5, PATIENCE = 16, MOST_DROPS = 2, MOST_STEPS = 2000 };
static const double DROP_FACTOR = 0.2, PROGRESS = 1e-3;

static size_t rounded(size_t count)
{
    return (count + 7) / 8 * 8;
}

static int largest(int a, int b)
{
    return a > b ? a : b;
}

static size_t count_batch(const flx_mlp_run *run, const flx_mlp_fold *fold)
{
    size_t rows = (size_t)flx_mlp_batch_rows(fold->n);
    return rounded(rows * (size_t)run->config.shape.size[0]) + rounded(rows);
}

static size_t count_work(const flx_mlp_run *run, const flx_mlp_fold *fold)
{
    return rounded(flx_mlp_count_work(&run->config.shape,
                                      largest(flx_mlp_batch_rows(fold->n), fold->m)));
}

size_t flx_mlp_count_learner(const flx_mlp_run *run, const flx_mlp_fold *fold)
{
    return 4 * rounded(flx_mlp_count_weights(&run->config.shape)) +
           count_batch(run, fold) + count_work(run, fold);
}

size_t flx_mlp_count_memory(const flx_mlp_run *run)
{
    size_t sum = (size_t)run->folds * flx_mlp_count_weights(&run->config.shape);
    for (int f = 0; f < run->folds; f++)
        sum += flx_mlp_count_learner(run, &run->fold[f]);
    return sum;
}

static double *take(double **memory, size_t count)
{
    double *taken = *memory;
    *memory += rounded(count);
    return taken;
}

static void start_learner(flx_mlp_learner *l, flx_mlp_run *run, int f, double **memory,
                          int **orders)
{
    const flx_mlp_fold *fold = &run->fold[f];
    size_t count = flx_mlp_count_weights(&run->config.shape);
    size_t rows = (size_t)flx_mlp_batch_rows(fold->n);
    *l = (flx_mlp_learner){.run = run, .fold = fold, .order = *orders};
    l->individual = run->individual + (uint32_t)f;
    l->weights = take(memory, count);
    l->gradient = take(memory, count);
    l->mean = take(memory, count);
    l->square = take(memory, count);
    l->X = take(memory, rows * (size_t)run->config.shape.size[0]);
    l->y = take(memory, rows);
    l->work = take(memory, count_work(run, fold));
    *orders += fold->n;
    flx_mlp_draw(&run->config.shape, run->seed, l->individual, l->weights);
    memcpy(run->weights + (size_t)f * count, l->weights, count * sizeof(double));
}

void flx_mlp_run_start(flx_mlp_state *s, flx_mlp_run *run, int number,
                       flx_mlp_learner *learners, double **memory, int **orders)
{
    *s = (flx_mlp_state){.run = run,
                         .learners = learners,
                         .rate = run->config.rate,
                         .reference = INFINITY};
    run->loss = INFINITY;
    run->best_step = run->taken_steps = 0;
    for (int f = 0; f < run->folds; f++) {
        start_learner(&learners[f], run, f, memory, orders);
        learners[f].number = number;
        s->check_interval = largest(s->check_interval, flx_mlp_batches(run->fold[f].n));
    }
    s->check_interval = largest(s->check_interval, CHECK_INTERVAL);
}

bool flx_mlp_is_check_due(const flx_mlp_state *s)
{
    return !s->is_done && s->run->steps == 0 && s->step % s->check_interval == 0;
}

/* Keeps the weights of all folds as the best, or goes back to those. */
static void save_weights(const flx_mlp_state *s, bool back)
{
    size_t count = flx_mlp_count_weights(&s->run->config.shape);
    for (int f = 0; f < s->run->folds; f++) {
        const flx_mlp_learner *l = &s->learners[f];
        double *best = s->run->weights + (size_t)f * count;
        memcpy(back ? l->weights : best, back ? best : l->weights, count * sizeof *best);
    }
}

/* On from the best weights at a lower rate, moments forgotten. */
static void drop_rate(flx_mlp_state *s)
{
    size_t count = flx_mlp_count_weights(&s->run->config.shape);
    save_weights(s, true);
    for (int f = 0; f < s->run->folds; f++) {
        memset(s->learners[f].mean, 0, count * sizeof(double));
        memset(s->learners[f].square, 0, count * sizeof(double));
    }
    s->rate *= DROP_FACTOR;
    s->rate_drops++;
    s->checks = s->steps_at_rate = 0;
}

void flx_mlp_record_error(flx_mlp_state *s, double loss)
{
    if (loss < s->run->loss) {
        s->run->loss = loss;
        s->run->best_step = s->step;
        save_weights(s, false);
    }
    s->checks++;
    if (loss < s->reference * (1 - PROGRESS)) {
        s->reference = loss;
        s->checks = 0;
    }
    bool is_stuck = s->checks >= PATIENCE || !isfinite(loss);
    s->is_done = s->step >= MOST_STEPS || (is_stuck && s->rate_drops == MOST_DROPS);
    if (is_stuck && !s->is_done)
        drop_rate(s);
}

void flx_mlp_count_step(flx_mlp_state *s)
{
    if (s->is_done)
        return;
    s->step++;
    s->steps_at_rate++;
    s->run->taken_steps = s->step;
    if (s->run->steps == 0 || s->step < s->run->steps)
        return;
    s->run->best_step = s->step;
    save_weights(s, false);
    s->is_done = true;
}

int flx_mlp_max_steps(const flx_mlp_run *run)
{
    return run->steps ? run->steps : MOST_STEPS;
}
