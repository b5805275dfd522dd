/* SPDX-License-Identifier: MIT */
#include "host/optimization/least_absolute_basis.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int index_of_largest(const double *values, int count)
{
    int at = 0;
    for (int i = 1; i < count; i++)
        if (values[i] > values[at])
            at = i;
    return at;
}

static flx_active_constraint constrain_weight(int j, double value, bool has_upper)
{
    flx_active_constraint_kind kind = value <= 0                ? FLX_CONSTRAINT_LOWER
                                      : has_upper && value >= 1 ? FLX_CONSTRAINT_UPPER
                                                                : FLX_CONSTRAINT_FIXED;
    return (flx_active_constraint){kind, j, value};
}

flx_status flx_basis_create(const flx_output_weighting_problem *problem,
                            const double *weights, flx_basis *basis, flx_error *error)
{
    size_t k = (size_t)problem->k;
    *basis = (flx_basis){.k = problem->k, .P = problem->P};
    if (!FLX_NEW(basis->active, k) || !FLX_NEW(basis->edges, k * k) ||
        !FLX_NEW(basis->work, 2 * k * k)) {
        flx_basis_clear(basis);
        return flx_no_memory(error, "a basis of %zu weights", k);
    }
    bool is_mean = problem->form == FLX_FORM_MEAN;
    int largest = index_of_largest(weights, problem->k);
    for (int j = 0; j < problem->k; j++) {
        double *edge = basis->edges + (size_t)j * k;
        basis->active[j] = constrain_weight(j, weights[j], !is_mean);
        edge[j] = 1;
        if (is_mean && j != largest)
            edge[largest] = -1;
    }
    if (is_mean)
        basis->active[largest] =
            (flx_active_constraint){FLX_CONSTRAINT_TOTAL, largest, 1};
    return FLX_OK;
}

void flx_basis_clear(flx_basis *basis)
{
    free(basis->active);
    free(basis->edges);
    free(basis->work);
    *basis = (flx_basis){0};
}

double flx_constraint_product(const flx_basis *basis, flx_active_constraint constraint,
                              const double *direction)
{
    if (constraint.kind != FLX_CONSTRAINT_ROW && constraint.kind != FLX_CONSTRAINT_TOTAL)
        return direction[constraint.index];
    double sum = 0;
    if (constraint.kind == FLX_CONSTRAINT_TOTAL)
        for (int j = 0; j < basis->k; j++)
            sum += direction[j];
    else
        for (int j = 0; j < basis->k; j++)
            sum += basis->P[(size_t)constraint.index * (size_t)basis->k + (size_t)j] *
                   direction[j];
    return sum;
}

void flx_basis_replace(flx_basis *basis, int q, flx_active_constraint entering,
                       const double *products)
{
    size_t k = (size_t)basis->k;
    double *pivot = basis->edges + (size_t)q * k;
    for (size_t j = 0; j < k; j++)
        pivot[j] /= products[q];
    for (size_t l = 0; l < k; l++) {
        double *edge = basis->edges + l * k, factor = products[l];
        for (size_t j = 0; j < k && l != (size_t)q; j++)
            edge[j] -= factor * pivot[j];
    }
    basis->active[q] = entering;
}

/* work (k, 2 k) = [A | I], every row scaled to the largest entry 1 in A. */
static void write_system(flx_basis *basis)
{
    size_t k = (size_t)basis->k;
    memset(basis->work, 0, 2 * k * k * sizeof(double));
    for (size_t q = 0; q < k; q++) {
        flx_active_constraint constraint = basis->active[q];
        double *row = basis->work + q * 2 * k, scale = 0;
        if (constraint.kind == FLX_CONSTRAINT_ROW)
            memcpy(row, basis->P + (size_t)constraint.index * k, k * sizeof(double));
        for (size_t j = 0; j < k && constraint.kind == FLX_CONSTRAINT_TOTAL; j++)
            row[j] = 1;
        if (constraint.kind < FLX_CONSTRAINT_TOTAL)
            row[constraint.index] = 1;
        for (size_t j = 0; j < k; j++)
            scale = fmax(scale, fabs(row[j]));
        for (size_t j = 0; j < k && scale > 0; j++)
            row[j] /= scale;
        row[k + q] = scale > 0 ? 1 / scale : 0;
    }
}

static void swap_rows(double *a, double *b, size_t count)
{
    for (size_t j = 0; j < count; j++) {
        double kept = a[j];
        a[j] = b[j];
        b[j] = kept;
    }
}

/* Gauss-Jordan with row pivoting; the right half becomes A^-1. */
static bool eliminate(double *work, size_t k)
{
    size_t width = 2 * k;
    for (size_t c = 0; c < k; c++) {
        size_t pivot = c;
        for (size_t i = c + 1; i < k; i++)
            if (fabs(work[i * width + c]) > fabs(work[pivot * width + c]))
                pivot = i;
        if (!(fabs(work[pivot * width + c]) > 1e-13))
            return false;
        if (pivot != c)
            swap_rows(work + pivot * width, work + c * width, width);
        double *row = work + c * width, scale = 1 / row[c];
        for (size_t j = 0; j < width; j++)
            row[j] *= scale;
        for (size_t i = 0; i < k; i++) {
            double factor = work[i * width + c];
            for (size_t j = c; j < width && i != c && factor != 0; j++)
                work[i * width + j] -= factor * row[j];
        }
    }
    return true;
}

/* weights += A^-1 (values - A weights): what the inverse rounds away when rows are nearly
 * parallel comes back. */
static void refine(const flx_basis *basis, double *weights, double *miss)
{
    size_t k = (size_t)basis->k;
    for (size_t q = 0; q < k; q++)
        miss[q] = basis->active[q].value -
                  flx_constraint_product(basis, basis->active[q], weights);
    for (size_t q = 0; q < k; q++)
        for (size_t j = 0; j < k; j++)
            weights[j] += basis->edges[q * k + j] * miss[q];
}

bool flx_basis_refresh(flx_basis *basis, double *weights)
{
    size_t k = (size_t)basis->k;
    write_system(basis);
    if (!eliminate(basis->work, k))
        return false;
    for (size_t j = 0; j < k; j++) {
        weights[j] = 0;
        for (size_t q = 0; q < k; q++)
            basis->edges[q * k + j] = basis->work[j * 2 * k + k + q];
    }
    for (int round = 0; round < 3; round++)
        refine(basis, weights, basis->work);
    return true;
}
