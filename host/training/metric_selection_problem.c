/* SPDX-License-Identifier: MIT */
#include "host/training/metric_selection_problem.h"

#include "formats/memory.h"
#include "host/statistics.h"
#include "host/training/training_set.h"

#include <math.h>
#include <stdlib.h>

void flx_metric_selection_problem_clear(flx_metric_selection_problem *out)
{
    free(out->X);
    free(out->always);
    free(out->y);
    free(out->group);
    free(out->input);
    *out = (flx_metric_selection_problem){0};
}

static bool allocate(const flx_training_set *source, size_t inputs,
                     flx_metric_selection_problem *out)
{
    size_t rows = (size_t)source->n + 1;
    out->X = malloc(rows * (inputs + 1) * sizeof *out->X);
    out->always = malloc(rows * (inputs + 1) * sizeof *out->always);
    out->y = malloc(rows * sizeof *out->y);
    out->group = malloc(rows * sizeof *out->group);
    out->input = malloc((inputs + 1) * sizeof *out->input);
    return out->X && out->always && out->y && out->group && out->input;
}

/* One input of all rows, without gaps, into `values` (n); *is_usable false where more
 * than half are missing. `present` (n) is work space. */
static flx_status fill(const flx_training_set *source, int inputs, int i, bool wants_log,
                       double *values, double *present, bool *is_usable, flx_error *error)
{
    int n = source->n, found = 0;
    double low = INFINITY, median = 0;
    for (int r = 0; r < n; r++) {
        values[r] = source->raw[(size_t)r * (size_t)inputs + (size_t)i];
        if (!isnan(values[r])) {
            present[found++] = values[r];
            low = fmin(low, values[r]);
        }
    }
    *is_usable = found > 0 && 2 * found >= n;
    if (!*is_usable)
        return FLX_OK;
    FLX_TRY(flx_quantile(present, found, 0.5, &median, error));
    for (int r = 0; r < n; r++) {
        values[r] = isnan(values[r]) ? median : values[r];
        values[r] = wants_log && low > 0 ? log(values[r]) : values[r];
    }
    return FLX_OK;
}

/* Which inputs are candidates and which are always read, as columns one after another. */
static flx_status sort_inputs(const flx_training_view *view,
                              const flx_training_set *source, int a, double *present,
                              flx_metric_selection_problem *out, flx_error *error)
{
    const flx_graph_assignment *assignment = &view->graph->assignments[a];
    size_t n = (size_t)source->n;
    flx_selection_problem *problem = &out->problem;
    for (int i = 0; i < assignment->n_inputs; i++) {
        bool is_metric = assignment->inputs[i].kind == FLX_METRIC, is_usable;
        double *column = is_metric ? out->X + (size_t)problem->m * n
                                   : out->always + (size_t)problem->n_always * n;
        FLX_TRY(fill(source, assignment->n_inputs, i, is_metric && view->wants_log,
                     column, present, &is_usable, error));
        if (!is_usable)
            continue;
        if (is_metric)
            out->input[problem->m++] = i;
        else
            problem->n_always++;
    }
    return FLX_OK;
}

/* (width, n) becomes (n, width). */
static flx_status transpose(double **columns, int width, int n, flx_error *error)
{
    size_t rows = (size_t)n, across = (size_t)width;
    double *transposed = malloc((rows * across + 1) * sizeof *transposed);
    if (!transposed)
        return flx_no_memory(error, "%d rows", n);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < across; j++)
            transposed[r * across + j] = (*columns)[j * rows + r];
    free(*columns);
    *columns = transposed;
    return FLX_OK;
}

static void take_outputs(const flx_training_view *view, const flx_training_set *source,
                         flx_metric_selection_problem *out)
{
    double low = INFINITY;
    for (int r = 0; r < source->n; r++)
        low = fmin(low, source->y[r]);
    bool is_log = view->wants_log && low > 0;
    for (int r = 0; r < source->n; r++) {
        int row = source->row[r];
        out->y[r] = is_log ? log(source->y[r]) : source->y[r];
        out->group[r] = view->rows->group ? view->rows->group[row] : row;
    }
}

static flx_status convert(const flx_training_view *view, const flx_training_set *source,
                          int a, flx_metric_selection_problem *out, flx_error *error)
{
    flx_selection_problem *problem = &out->problem;
    const flx_graph_assignment *assignment = &view->graph->assignments[a];
    FLX_SCOPED double *present = malloc(((size_t)source->n + 1) * sizeof *present);
    if (!present || !allocate(source, (size_t)assignment->n_inputs, out))
        return flx_no_memory(error, "the rows of %s", assignment->name);
    FLX_TRY(sort_inputs(view, source, a, present, out, error));
    FLX_TRY(transpose(&out->X, problem->m, source->n, error));
    FLX_TRY(transpose(&out->always, problem->n_always, source->n, error));
    take_outputs(view, source, out);
    problem->name = assignment->name;
    problem->n = source->n;
    problem->X = out->X;
    problem->always = out->always;
    problem->y = out->y;
    problem->group = out->group;
    return FLX_OK;
}

flx_status flx_metric_selection_problem_gather(const flx_training_view *view,
                                               const flx_column_binding *binding, int a,
                                               flx_metric_selection_problem *out,
                                               flx_error *error)
{
    flx_training_set source = {0};
    *out = (flx_metric_selection_problem){0};
    flx_status status = flx_training_set_build(view, binding, a, &source, error);
    if (status == FLX_OK)
        status = convert(view, &source, a, out, error);
    flx_training_set_clear(&source);
    return status;
}
