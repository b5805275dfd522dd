/* SPDX-License-Identifier: MIT */
#include "host/mixture_refit.h"

#include "host/binding.h"
#include "host/monolith.h"
#include "host/school.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST_ROWS = 10 };

typedef struct {
    flx_model *model;
    const flx_dataset *fresh;
    flx_deployment before; /* the deployment as the old rows have it */
    flx_graph *then, *now; /* the black box at the old and the new rows */
    flx_dataset
        *stacked; /* rows of both with a target; columns: the inputs, the target */
    int n_fresh;  /* of them */
} refit;

/* The deployment with the replicas that the mixture was trained at; texts are shared. */
static bool go_back(refit *r)
{
    size_t services = (size_t)r->model->deployment->n_services;
    r->before = *r->model->deployment;
    r->before.services = malloc(services * sizeof *r->before.services);
    for (size_t s = 0; s < services && r->before.services; s++) {
        r->before.services[s] = r->model->deployment->services[s];
        r->before.services[s].replicas = r->model->mixture->replicas[s];
    }
    return r->before.services != NULL;
}

static flx_status name_columns(refit *r, flx_error *error)
{
    const flx_graph_assignment *assignment = &r->now->assignments[0];
    const flx_vertex *vertex = &r->now->vertices[0];
    for (int i = 0; i < assignment->n_inputs; i++)
        FLX_TRY(flx_dataset_name_column(r->stacked, i, vertex->sources[i].column,
                                        assignment->inputs[i].kind, "", error));
    return flx_dataset_name_column(r->stacked, assignment->n_inputs, vertex->name,
                                   FLX_METRIC, flx_model_unit(r->model), error);
}

/* Appends the rows of one table that have a target. `since`: the last input's value. */
static flx_status stack(refit *r, const flx_graph *graph,
                        const flx_deployment *deployment, const flx_dataset *table,
                        double since, flx_error *error)
{
    flx_binding *binding = NULL;
    size_t width = (size_t)r->stacked->n_columns;
    FLX_TRY(flx_binding_create(graph, deployment, table, &binding, error));
    for (int row = 0; row < table->rows; row++) {
        double y = flx_cell_value(binding->outputs[0], table, row);
        if (isnan(y))
            continue;
        double *cells = r->stacked->values + (size_t)r->stacked->rows++ * width;
        for (size_t i = 0; i + 2 < width; i++)
            cells[i] = flx_cell_value(binding->inputs[0][i], table, row);
        cells[width - 2] = since;
        cells[width - 1] = y;
    }
    flx_binding_destroy(binding);
    return FLX_OK;
}

static flx_status stack_all(refit *r, flx_error *error)
{
    const flx_model *model = r->model;
    int inputs = r->now->assignments[0].n_inputs;
    FLX_TRY(flx_dataset_create(model->rows->rows + r->fresh->rows, inputs + 1,
                               &r->stacked, error));
    FLX_TRY(name_columns(r, error));
    r->stacked->rows = 0;
    FLX_TRY(stack(r, r->then, &r->before, model->rows, 0, error));
    int old = r->stacked->rows;
    FLX_TRY(stack(r, r->now, model->deployment, r->fresh, 1, error));
    r->n_fresh = r->stacked->rows - old;
    return FLX_OK;
}

/* A table that is predicted says nothing of the change: it lies behind. */
static void assume_since(flx_model *member)
{
    flx_predictor *p = &member->assignments[0].models[0].predictor;
    for (int f = 0; f < p->n_features; f++)
        if (p->features[f].input == p->n_inputs - 1)
            p->features[f].fill = 1;
}

static flx_status teach(refit *r, flx_member *members, int count, flx_backend *backend,
                        const flx_fit_options *options, flx_training_report *report,
                        flx_error *error)
{
    flx_school schools[2] = {{0}};
    flx_status status = FLX_OK;
    for (int k = 0; k < count; k++) {
        members[k].model->rows = r->stacked;
        schools[k] =
            (flx_school){.model = members[k].model, .may_fail = true, .starts = 2};
    }
    for (int k = 0; k < count && status == FLX_OK; k++)
        status = flx_school_open(&schools[k], error);
    if (status == FLX_OK)
        status = flx_school_teach(schools, count, backend, options, report, error);
    for (int k = 0; k < count; k++) {
        flx_school_close(&schools[k]);
        members[k].model->rows = r->model->rows;
        if (status == FLX_OK)
            assume_since(members[k].model);
    }
    return status;
}

/* Takes out what an earlier refit put in; the weights of the rest sum to 1 again. */
static void drop_earlier(flx_mixture *mixture)
{
    double sum = 0;
    int kept = 0;
    for (int k = 0; k < mixture->n_members; k++) {
        if (flx_mixture_is_refitted(flx_mixture_find(mixture->members[k].name))) {
            flx_mixture_destroy_member(mixture->members[k].model);
            continue;
        }
        sum += mixture->members[k].weight;
        mixture->members[kept++] = mixture->members[k];
    }
    mixture->n_members = kept;
    for (int k = 0; k < kept; k++)
        mixture->members[k].weight =
            sum > 0 ? mixture->members[k].weight / sum : 1.0 / kept;
}

/* Takes the members in. */
static flx_status admit(refit *r, flx_member *members, int count, flx_error *error)
{
    flx_mixture *mixture = r->model->mixture;
    flx_member *grown =
        realloc(mixture->members, (size_t)(mixture->n_members + count) * sizeof *grown);
    if (!grown)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d members", count);
    mixture->members = grown;
    drop_earlier(mixture);
    double share = 2.0 / 3 * r->n_fresh / (r->n_fresh + 10.0);
    for (int k = 0; k < mixture->n_members; k++)
        grown[k].weight *= 1 - share;
    for (int k = 0; k < count; k++) {
        members[k].weight = share / count;
        grown[mixture->n_members++] = members[k];
    }
    return FLX_OK;
}

static flx_status build_members(refit *r, flx_member *members, int *count,
                                flx_error *error)
{
    for (int i = 0; i < FLX_MIXTURE_MEMBERS; i++) {
        flx_model *member = NULL;
        if (!flx_mixture_is_refitted(i))
            continue;
        FLX_TRY(flx_mixture_build_member(r->model, r->model->mixture->replicas, i,
                                         &member, error));
        if (member)
            members[(*count)++] =
                (flx_member){.name = flx_mixture_name(i), .model = member};
    }
    return FLX_OK;
}

static flx_status run(refit *r, flx_backend *backend, const flx_fit_options *options,
                      flx_training_report *report, flx_error *error)
{
    const int *replicas = r->model->mixture->replicas;
    flx_member members[2] = {{0}};
    int count = 0;
    if (!go_back(r))
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a deployment");
    FLX_TRY(flx_monolith_build_since(&r->before, replicas, &r->then, error));
    FLX_TRY(flx_monolith_build_since(r->model->deployment, replicas, &r->now, error));
    FLX_TRY(stack_all(r, error));
    if (r->n_fresh < FEWEST_ROWS)
        return FLX_OK;
    flx_status status = build_members(r, members, &count, error);
    if (status == FLX_OK)
        status = teach(r, members, count, backend, options, report, error);
    if (status == FLX_OK)
        status = admit(r, members, count, error);
    for (int k = 0; k < count && status != FLX_OK; k++)
        flx_mixture_destroy_member(members[k].model);
    return status;
}

flx_status flx_mixture_refit(flx_model *model, const flx_dataset *rows,
                             flx_backend *backend, const flx_fit_options *options,
                             flx_training_report *report, flx_error *error)
{
    refit r = {.model = model, .fresh = rows};
    if (!model->mixture)
        return FLX_OK;
    flx_status status = run(&r, backend, options, report, error);
    flx_graph_destroy(r.then);
    flx_graph_destroy(r.now);
    flx_dataset_destroy(r.stacked);
    free(r.before.services);
    return status;
}
