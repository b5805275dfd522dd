/* SPDX-License-Identifier: MIT */
#include "host/regression/mlp/mlp_run.h"

#include <math.h>
#include <string.h>

/* Steps between two looks at the rows left out, at least; looks without progress until
 * the rate falls; by how much it falls, and how often. */
enum { STEPS_A_LOOK = 5, PATIENCE = 16, MOST_FALLS = 2, MOST_STEPS = 2000 };
static const double FALL = 0.2, PROGRESS = 1e-3;

static size_t rounded(size_t count)
{
    return (count + 7) / 8 * 8;
}

static int largest(int a, int b)
{
    return a > b ? a : b;
}

static size_t count_batch(const flx_mlp_run *course, const flx_mlp_fold *fold)
{
    size_t rows = (size_t)flx_mlp_batch_rows(fold->n);
    return rounded(rows * (size_t)course->trial.shape.size[0]) + rounded(rows);
}

static size_t count_work(const flx_mlp_run *course, const flx_mlp_fold *fold)
{
    return rounded(flx_mlp_count_work(&course->trial.shape,
                                      largest(flx_mlp_batch_rows(fold->n), fold->m)));
}

size_t flx_mlp_count_member(const flx_mlp_run *course, const flx_mlp_fold *fold)
{
    return 4 * rounded(flx_mlp_count_weights(&course->trial.shape)) +
           count_batch(course, fold) + count_work(course, fold);
}

size_t flx_mlp_count_memory(const flx_mlp_run *course)
{
    size_t sum = (size_t)course->folds * flx_mlp_count_weights(&course->trial.shape);
    for (int f = 0; f < course->folds; f++)
        sum += flx_mlp_count_member(course, &course->fold[f]);
    return sum;
}

static double *take(double **memory, size_t count)
{
    double *taken = *memory;
    *memory += rounded(count);
    return taken;
}

static void enrol_learner(flx_mlp_member *l, flx_mlp_run *course, int f, double **memory,
                          int **orders)
{
    const flx_mlp_fold *fold = &course->fold[f];
    size_t count = flx_mlp_count_weights(&course->trial.shape);
    size_t rows = (size_t)flx_mlp_batch_rows(fold->n);
    *l = (flx_mlp_member){.course = course, .fold = fold, .order = *orders};
    l->individual = course->individual + (uint32_t)f;
    l->weights = take(memory, count);
    l->gradient = take(memory, count);
    l->mean = take(memory, count);
    l->square = take(memory, count);
    l->X = take(memory, rows * (size_t)course->trial.shape.size[0]);
    l->y = take(memory, rows);
    l->work = take(memory, count_work(course, fold));
    *orders += fold->n;
    flx_mlp_draw(&course->trial.shape, course->seed, l->individual, l->weights);
    memcpy(course->weights + (size_t)f * count, l->weights, count * sizeof(double));
}

void flx_mlp_run_start(flx_mlp_state *s, flx_mlp_run *course, int number,
                       flx_mlp_member *learners, double **memory, int **orders)
{
    *s = (flx_mlp_state){.course = course,
                         .learners = learners,
                         .rate = course->trial.rate,
                         .reference = INFINITY};
    course->loss = INFINITY;
    course->best_step = course->taken_steps = 0;
    for (int f = 0; f < course->folds; f++) {
        enrol_learner(&learners[f], course, f, memory, orders);
        learners[f].number = number;
        s->steps_a_look = largest(s->steps_a_look, flx_mlp_batches(course->fold[f].n));
    }
    s->steps_a_look = largest(s->steps_a_look, STEPS_A_LOOK);
}

bool flx_mlp_is_due(const flx_mlp_state *s)
{
    return !s->is_done && s->course->steps == 0 && s->step % s->steps_a_look == 0;
}

static void save_weights(const flx_mlp_state *s, bool back)
{
    size_t count = flx_mlp_count_weights(&s->course->trial.shape);
    for (int f = 0; f < s->course->folds; f++) {
        const flx_mlp_member *l = &s->learners[f];
        double *best = s->course->weights + (size_t)f * count;
        memcpy(back ? l->weights : best, back ? best : l->weights, count * sizeof *best);
    }
}

/* The rate falls: on from the best weights, moments forgotten. */
static void lower_rate(flx_mlp_state *s)
{
    size_t count = flx_mlp_count_weights(&s->course->trial.shape);
    save_weights(s, true);
    for (int f = 0; f < s->course->folds; f++) {
        memset(s->learners[f].mean, 0, count * sizeof(double));
        memset(s->learners[f].square, 0, count * sizeof(double));
    }
    s->rate *= FALL;
    s->falls++;
    s->looks = s->age = 0;
}

void flx_mlp_report_error(flx_mlp_state *s, double loss)
{
    if (loss < s->course->loss) {
        s->course->loss = loss;
        s->course->best_step = s->step;
        save_weights(s, false);
    }
    s->looks++;
    if (loss < s->reference * (1 - PROGRESS)) {
        s->reference = loss;
        s->looks = 0;
    }
    bool is_stuck = s->looks >= PATIENCE || !isfinite(loss);
    s->is_done = s->step >= MOST_STEPS || (is_stuck && s->falls == MOST_FALLS);
    if (is_stuck && !s->is_done)
        lower_rate(s);
}

void flx_mlp_count_step(flx_mlp_state *s)
{
    if (s->is_done)
        return;
    s->step++;
    s->age++;
    s->course->taken_steps = s->step;
    if (s->course->steps == 0 || s->step < s->course->steps)
        return;
    s->course->best_step = s->step;
    save_weights(s, false);
    s->is_done = true;
}

int flx_mlp_max_steps(const flx_mlp_run *course)
{
    return course->steps ? course->steps : MOST_STEPS;
}
