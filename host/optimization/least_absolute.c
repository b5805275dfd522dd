/* SPDX-License-Identifier: MIT
 * The descent, and what makes it dependable: centring, shifts of the target against ties,
 * and a bound from a dual feasible point, which needs no trust in the way there. */
#include "host/optimization/least_absolute.h"

#include "formats/memory.h"
#include "host/optimization/least_absolute_descent.h"
#include "host/optimization/output_weighting_problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 4 };

static void normalize(const flx_output_weighting_problem *problem, double *weights)
{
    double sum = 0;
    for (int j = 0; j < problem->k; j++)
        sum += weights[j];
    for (int j = 0; j < problem->k && problem->form == FLX_FORM_MEAN && sum > 0; j++)
        weights[j] /= sum;
}

/* The best that was seen. */
typedef struct {
    double *weights; /* (k) */
    double loss, bound;
} record;

static void keep(flx_descent *d, record *best)
{
    best->bound = fmax(best->bound, flx_descent_bound(d));
    double loss = flx_output_weighting_loss_of(d->problem, d->weights);
    if (loss < best->loss) {
        best->loss = loss;
        memcpy(best->weights, d->weights, (size_t)d->problem->k * sizeof(double));
        normalize(d->problem, best->weights);
    }
}

/* Ties can stop a descent short of the optimum. Then the target is shifted so that no two
 * rows tie; the vertex found there is nearly always an optimum of the true target too,
 * and a few more steps on that settle it. */
static void search(flx_descent *d, record *best)
{
    int n = d->problem->n, k = d->problem->k;
    flx_descent_run(d, 2 + k / 40);
    keep(d, best);
    double size = 1e-5;
    for (uint64_t round = 1; round <= ROUNDS; round++, size *= 0.03) {
        if (best->loss - best->bound <= 1e-10 * best->loss + d->noise_sum / n)
            return;
        flx_descent_shift(d, fmax(size * best->loss, 1e3 * d->noise_sum / n), round);
        flx_descent_run(d, 10 + k);
        best->bound = fmax(best->bound, flx_descent_bound(d));
        flx_descent_shift(d, 0, 0);
        flx_descent_run(d, 2 + k / 40);
        keep(d, best);
    }
}

/* Where the weights' sum is 1 the target can be taken off every prediction: what is left
 * are errors, in which there is less to round. */
static flx_status center(const flx_output_weighting_problem *problem, double **memory,
                         flx_output_weighting_problem *centered, flx_error *error)
{
    size_t n = (size_t)problem->n, k = (size_t)problem->k;
    *centered = *problem;
    *memory = NULL;
    if (problem->form != FLX_FORM_MEAN)
        return FLX_OK;
    double *P = malloc(n * (k + 1) * sizeof *P), *y = P + n * k;
    if (!P)
        return flx_no_memory(error, "a fit of %zu x %zu", n, k);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < k; j++)
            P[i * k + j] = problem->P[i * k + j] - problem->y[i];
        y[i] = 0;
    }
    centered->P = *memory = P;
    centered->y = y;
    return FLX_OK;
}

flx_status flx_least_absolute(const flx_output_weighting_problem *problem,
                              double *weights, double *bound, flx_error *error)
{
    flx_output_weighting_problem centered;
    double *memory;
    FLX_TRY(center(problem, &memory, &centered, error));
    flx_descent d;
    record best = {.weights = weights, .loss = HUGE_VAL, .bound = 0};
    flx_status status = flx_descent_create(&centered, weights, &d, error);
    if (status == FLX_OK) {
        search(&d, &best);
        *bound = best.bound;
        flx_descent_clear(&d);
    }
    free(memory);
    return status;
}
