/* SPDX-License-Identifier: MIT
 * The loop over the steps of all courses, and where each of them stands. */
#include "host/mlp_training.h"

#include "host/mlp_step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps between two looks at the rows left out, at least; looks without progress until
 * the rate falls; by how much it falls, and how often. */
enum { STEPS_A_LOOK = 5, PATIENCE = 16, MOST_FALLS = 2, MOST_STEPS = 2000 };
static const double FALL = 0.2, PROGRESS = 1e-3;

typedef struct {
    flx_mlp_course *course;
    flx_mlp_learner *learners;                 /* (folds) */
    int steps_a_look, step, age, falls, looks; /* looks since progress */
    double rate, reference;                    /* error that progress is measured by */
    bool is_done;
} state;

typedef struct {
    flx_backend *backend;
    int count, n_learners;
    state *states;
    flx_mlp_learner *learners, **live; /* those that take part in a pass */
    flx_mlp_pass *passes;
    flx_product *products;
    double *losses; /* (n_learners) sums of squares */
    double *memory;
    int *orders;
} school;

static size_t rounded(size_t count)
{
    return (count + 7) / 8 * 8;
}

static int largest(int a, int b)
{
    return a > b ? a : b;
}

static size_t count_batch(const flx_mlp_course *course, const flx_mlp_fold *fold)
{
    size_t rows = (size_t)flx_mlp_batch_rows(fold->n);
    return rounded(rows * (size_t)course->trial.shape.size[0]) + rounded(rows);
}

static size_t count_work(const flx_mlp_course *course, const flx_mlp_fold *fold)
{
    return rounded(flx_mlp_count_work(&course->trial.shape,
                                      largest(flx_mlp_batch_rows(fold->n), fold->m)));
}

static size_t count_learner(const flx_mlp_course *course, const flx_mlp_fold *fold)
{
    return 4 * rounded(flx_mlp_count_weights(&course->trial.shape)) +
           count_batch(course, fold) + count_work(course, fold);
}

size_t flx_mlp_count_memory(const flx_mlp_course *course)
{
    size_t sum = (size_t)course->folds * flx_mlp_count_weights(&course->trial.shape);
    for (int f = 0; f < course->folds; f++)
        sum += count_learner(course, &course->fold[f]);
    return sum;
}

static double *take(double **memory, size_t count)
{
    double *taken = *memory;
    *memory += rounded(count);
    return taken;
}

static void enrol_learner(flx_mlp_learner *l, flx_mlp_course *course, int f,
                          double **memory, int **orders)
{
    const flx_mlp_fold *fold = &course->fold[f];
    size_t count = flx_mlp_count_weights(&course->trial.shape);
    size_t rows = (size_t)flx_mlp_batch_rows(fold->n);
    *l = (flx_mlp_learner){.course = course, .fold = fold, .order = *orders};
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

static void enrol_course(state *s, flx_mlp_course *course, flx_mlp_learner *learners,
                         double **memory, int **orders)
{
    *s = (state){.course = course,
                 .learners = learners,
                 .rate = course->trial.rate,
                 .reference = INFINITY};
    course->loss = INFINITY;
    course->best_step = course->taken_steps = 0;
    for (int f = 0; f < course->folds; f++) {
        enrol_learner(&learners[f], course, f, memory, orders);
        s->steps_a_look = largest(s->steps_a_look, flx_mlp_batches(course->fold[f].n));
    }
    s->steps_a_look = largest(s->steps_a_look, STEPS_A_LOOK);
}

static flx_status open_school(school *s, flx_mlp_course *courses, int count,
                              flx_error *error)
{
    size_t doubles = 0, rows = 0;
    for (int c = 0; c < count; c++) {
        s->n_learners += courses[c].folds;
        for (int f = 0; f < courses[c].folds; f++) {
            doubles += count_learner(&courses[c], &courses[c].fold[f]);
            rows += (size_t)courses[c].fold[f].n;
        }
    }
    size_t learners = (size_t)s->n_learners + 1;
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
    for (int c = 0; c < count; learner += courses[c++].folds) {
        enrol_course(&s->states[c], &courses[c], s->learners + learner, &memory, &orders);
        for (int f = 0; f < courses[c].folds; f++)
            s->learners[learner + f].number = c;
    }
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

static bool is_due(const state *s)
{
    return !s->is_done && s->course->steps == 0 && s->step % s->steps_a_look == 0;
}

/* Error on the rows left out of one network, after its forward pass. */
static double sum_squares(const flx_mlp_learner *l, const flx_mlp_pass *pass)
{
    double sum = 0;
    for (int i = 0; i < pass->m; i++) {
        double miss = flx_mlp_answers(pass)[i] - l->fold->expected[i];
        sum += miss * miss;
    }
    return sum;
}

static void save_weights(const state *s, bool back)
{
    size_t count = flx_mlp_count_weights(&s->course->trial.shape);
    for (int f = 0; f < s->course->folds; f++) {
        const flx_mlp_learner *l = &s->learners[f];
        double *best = s->course->weights + (size_t)f * count;
        memcpy(back ? l->weights : best, back ? best : l->weights, count * sizeof *best);
    }
}

/* The rate falls: on from the best weights, moments forgotten. */
static void lower_rate(state *s)
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

static void tell_error(state *s, double loss)
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

/* All courses that are due look at the rows they left out. */
static flx_status look(school *s, flx_error *error)
{
    int used = 0;
    for (int c = 0; c < s->count; c++)
        for (int f = 0; f < s->states[c].course->folds && is_due(&s->states[c]); f++) {
            flx_mlp_learner *l = &s->states[c].learners[f];
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
        if (!is_due(&s->states[c]))
            continue;
        double sum = 0, rows = 0;
        for (int f = 0; f < s->states[c].course->folds; f++, i++) {
            sum += s->losses[i];
            rows += s->passes[i].m;
        }
        tell_error(&s->states[c], sum / rows);
    }
    return FLX_OK;
}

/* One step of every network of a course that is not done; how many there are in *live. */
static flx_status advance(school *s, int *live, flx_error *error)
{
    int used = 0, threads = s->backend->threads;
    for (int c = 0; c < s->count; c++)
        for (int f = 0; f < s->states[c].course->folds && !s->states[c].is_done; f++)
            s->live[used++] = &s->states[c].learners[f];
    *live = used;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = 0; i < used; i++)
        s->passes[i] = flx_mlp_gather(s->live[i], s->states[s->live[i]->number].step);
    FLX_TRY(flx_mlp_forward(s->backend, s->passes, used, s->products, error));
    for (int i = 0; i < used; i++)
        flx_mlp_compare(s->live[i], &s->passes[i]);
    FLX_TRY(flx_mlp_backward(s->backend, s->passes, used, s->products, error));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = 0; i < used; i++) {
        const state *own = &s->states[s->live[i]->number];
        flx_mlp_move(s->live[i], own->rate, own->age);
    }
    return FLX_OK;
}

/* After a step: a course of given length ends with the weights it has. */
static void count_step(state *s)
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

static void report(const school *s, const flx_progress *progress)
{
    double done = 0;
    for (int c = 0; c < s->count; c++) {
        const state *own = &s->states[c];
        int most = own->course->steps ? own->course->steps : MOST_STEPS;
        done += own->is_done ? 1 : (double)own->step / most;
    }
    flx_progress_report(progress, done, s->count);
}

flx_status flx_mlp_train(flx_backend *backend, flx_mlp_course *courses, int count,
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
            count_step(&s.states[c]);
        report(&s, progress);
    }
    close_school(&s);
    return status;
}
