/* SPDX-License-Identifier: MIT */
#include "host/engine/model_transfer.h"

#include "formats/memory.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool flx_labels_agree(const flx_graph_assignment *a, const flx_graph_assignment *b)
{
    if (a->kind != b->kind || a->n_inputs != b->n_inputs)
        return false;
    for (int i = 0; i < a->n_inputs; i++)
        if (a->inputs[i].kind != b->inputs[i].kind ||
            strcmp(a->inputs[i].label, b->inputs[i].label) != 0)
            return false;
    return true;
}

static const char *name_of(const flx_transfer_source *from, int input)
{
    return from->names ? from->names[input] : from->labels->inputs[input].label;
}

/* Where input `i` of `from` stands among those of `to`; -1: nowhere. */
static int find_input(const flx_transfer_source *from, int i,
                      const flx_graph_assignment *to)
{
    for (int k = 0; k < to->n_inputs; k++)
        if (to->inputs[k].kind == from->labels->inputs[i].kind &&
            strcmp(to->inputs[k].label, name_of(from, i)) == 0)
            return k;
    return -1;
}

/* Every value is the same to a feature without range. */
static void fix_feature(flx_feature *feature)
{
    double value = feature->is_indicator ? 1.0 : feature->fill;
    feature->input = 0;
    feature->low = feature->high = value;
}

static void move_features(flx_predictor *p, const int *place, int n_inputs)
{
    p->n_inputs = n_inputs;
    for (int k = 0; k < p->n_features; k++) {
        int now = place[p->features[k].input];
        if (now >= 0)
            p->features[k].input = now;
        else
            fix_feature(&p->features[k]);
    }
}

static bool reads(const flx_learning_assignment *hosting, int input)
{
    for (int m = 0; m < hosting->n_models; m++) {
        const flx_predictor *p = &hosting->models[m].predictor;
        for (int k = 0; k < p->n_features; k++)
            if (p->features[k].input == input)
                return true;
    }
    return false;
}

static bool report_lost(const flx_transfer_source *from, const flx_graph_assignment *to,
                        const int *place, flx_change *change)
{
    for (int i = 0; i < from->labels->n_inputs; i++)
        if (place[i] < 0 && reads(from->hosting, i) &&
            !flx_name_list_add(&change->missing_inputs, "%s reads %s", to->name,
                               name_of(from, i)))
            return false;
    return true;
}

static bool report_unread(const flx_transfer_source *from, const flx_graph_assignment *to,
                          const int *place, flx_change *change)
{
    for (int k = 0; k < to->n_inputs; k++) {
        bool is_known = false;
        for (int i = 0; i < from->labels->n_inputs; i++)
            is_known = is_known || place[i] == k;
        if (!is_known && !flx_name_list_add(&change->unused_inputs, "%s does not read %s",
                                            to->name, to->inputs[k].label))
            return false;
    }
    return true;
}

/* A copy of one model; without any input left it is the mean of its training targets. */
static flx_status copy_model(const flx_hosted_model *model, const int *place,
                             const flx_graph_assignment *to, flx_learning_assignment *out,
                             flx_error *error)
{
    flx_hosted_model copy = *model;
    FLX_TRY(flx_predictor_copy(&model->predictor, &copy.predictor, error));
    flx_predictor *p = &copy.predictor;
    move_features(p, place, to->n_inputs);
    if (to->n_inputs == 0 && p->n_features > 0) {
        p->n_features = p->n_metrics = p->n = 0;
        p->kind = FLX_PREDICTOR_CONSTANT;
        p->constant = p->y_mean;
        p->variance = p->y_sd * p->y_sd;
    }
    return flx_assignment_add(out, &copy, error);
}

flx_status flx_model_transfer_assignment(const flx_transfer_source *from,
                                         const flx_graph_assignment *to,
                                         flx_learning_assignment *out, flx_change *change,
                                         flx_error *error)
{
    *out = (flx_learning_assignment){0};
    int *place = malloc(((size_t)from->labels->n_inputs + 1) * sizeof *place);
    if (!place)
        return flx_no_memory(error, "%s", to->name);
    for (int i = 0; i < from->labels->n_inputs; i++)
        place[i] = find_input(from, i, to);
    flx_status status = FLX_OK;
    if (!report_lost(from, to, place, change) || !report_unread(from, to, place, change))
        status = flx_no_memory(error, "%s", to->name);
    for (int m = 0; m < from->hosting->n_models && status == FLX_OK; m++)
        status = copy_model(&from->hosting->models[m], place, to, out, error);
    free(place);
    if (status != FLX_OK)
        flx_assignment_clear(out);
    return status;
}

flx_status flx_model_transfer_rule(const flx_graph_assignment *to,
                                   flx_learning_assignment *out, flx_error *error)
{
    flx_hosted_model rule = {.predictor = {.kind = FLX_PREDICTOR_RULE,
                                           .n_inputs = to->n_inputs,
                                           .output_low = -INFINITY,
                                           .output_high = INFINITY},
                             .weight = 1};
    *out = (flx_learning_assignment){0};
    return flx_assignment_add(out, &rule, error);
}

bool flx_is_untrained(const flx_graph_assignment *assignment,
                      const flx_learning_assignment *hosting)
{
    if (hosting->n_models == 0)
        return true;
    const flx_predictor *p = &hosting->models[0].predictor;
    return assignment->kind == FLX_SERVICE_VERTEX && hosting->n_models == 1 &&
           p->kind == FLX_PREDICTOR_RULE && p->n_parameters == 0;
}

static flx_status transfer_one(const flx_graph_assignment *assignment,
                               const flx_transfer_lookup *lookup,
                               flx_learning_assignment *out, flx_change *change,
                               flx_error *error)
{
    flx_transfer_source source;
    bool is_service = assignment->kind == FLX_SERVICE_VERTEX;
    bool is_found = lookup->find(lookup->context, assignment, &source);
    if (is_service && is_found && !flx_labels_agree(assignment, source.labels))
        is_found = false; /* a model of another number of instances */
    if (is_found)
        FLX_TRY(flx_model_transfer_assignment(&source, assignment, out, change, error));
    else if (is_service)
        FLX_TRY(flx_model_transfer_rule(assignment, out, error));
    flx_name_list *list =
        is_found && out->n_models ? &change->reused : &change->untrained;
    return flx_name_list_add(list, "%s", assignment->name)
               ? FLX_OK
               : flx_no_memory(error, "%s", assignment->name);
}

static flx_status list_removed(const flx_graph *before, const flx_graph *graph,
                               flx_change *change, flx_error *error)
{
    for (int a = 0; before && a < before->n_assignments; a++)
        if (flx_graph_find_assignment(graph, before->assignments[a].name) < 0 &&
            !flx_name_list_add(&change->removed, "%s", before->assignments[a].name))
            return flx_no_memory(error, "names");
    return FLX_OK;
}

flx_status flx_model_transfer_all(const flx_graph *graph,
                                  const flx_transfer_lookup *lookup,
                                  const flx_graph *before, flx_learning_assignment **out,
                                  flx_change *change, flx_error *error)
{
    size_t count = (size_t)graph->n_assignments;
    flx_learning_assignment *next = calloc(count + 1, sizeof *next);
    if (!next)
        return flx_no_memory(error, "%zu assignments", count);
    flx_status status = list_removed(before, graph, change, error);
    for (size_t a = 0; a < count && status == FLX_OK; a++)
        status = transfer_one(&graph->assignments[a], lookup, &next[a], change, error);
    for (size_t a = 0; a < count && status != FLX_OK; a++)
        flx_assignment_clear(&next[a]);
    if (status != FLX_OK)
        free(next);
    *out = status == FLX_OK ? next : NULL;
    return status;
}
