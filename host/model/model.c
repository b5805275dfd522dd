/* SPDX-License-Identifier: MIT */
#include "host/model/model.h"

#include "formats/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const flx_composition_words[] = {"composed", "gp-ard",         "gp-iso",
                                             "mlp",      "forest",         "xgboost",
                                             "ridge",    "skip-connected", NULL};

const char *flx_composition_text(flx_composition composition)
{
    return flx_composition_words[composition];
}

flx_predictor_kind flx_composition_kind(flx_composition composition)
{
    static const flx_predictor_kind kinds[] = {
        [FLX_COMPOSED] = FLX_PREDICTOR_GP,
        [FLX_BLACK_BOX_ARD] = FLX_PREDICTOR_GP,
        [FLX_BLACK_BOX_ISO] = FLX_PREDICTOR_GP,
        [FLX_BLACK_BOX_MLP] = FLX_PREDICTOR_MLP,
        [FLX_BLACK_BOX_FOREST] = FLX_PREDICTOR_FOREST,
        [FLX_BLACK_BOX_XGBOOST] = FLX_PREDICTOR_XGBOOST,
        [FLX_BLACK_BOX_RIDGE] = FLX_PREDICTOR_RIDGE,
        [FLX_SKIP_CONNECTED] = FLX_PREDICTOR_GP,
    };
    return kinds[composition];
}

flx_status flx_warning_list_add(flx_warning_list *list, flx_error *error,
                                const char *assignment, bool is_failure,
                                const char *format, ...)
{
    size_t count = (size_t)list->count + 1;
    flx_warning *grown = realloc(list->items, count * sizeof *grown);
    if (!grown)
        return flx_no_memory(error, "%zu warnings", count);
    list->items = grown;
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    flx_warning *added = &grown[list->count++];
    *added = (flx_warning){strdup(assignment), strdup(text), is_failure};
    return added->assignment && added->text ? FLX_OK
                                            : flx_no_memory(error, "%zu warnings", count);
}

void flx_warning_list_clear(flx_warning_list *list)
{
    for (int i = 0; i < list->count; i++) {
        free(list->items[i].assignment);
        free(list->items[i].text);
    }
    free(list->items);
    *list = (flx_warning_list){0};
}

void flx_member_clear(flx_member *member)
{
    if (member->graph)
        flx_assignments_destroy(member->assignments, member->graph->n_assignments);
    flx_graph_destroy(member->graph);
    *member = (flx_member){0};
}

void flx_ensemble_destroy(flx_ensemble *ensemble)
{
    if (!ensemble)
        return;
    for (int k = 0; k < ensemble->n_members; k++)
        flx_member_clear(&ensemble->members[k]);
    free(ensemble->members);
    free(ensemble->replicas);
    free(ensemble->scores);
    free(ensemble);
}

void flx_model_destroy(flx_model *model)
{
    if (!model)
        return;
    flx_ensemble_destroy(model->ensemble);
    if (model->graph)
        flx_assignments_destroy(model->assignments, model->graph->n_assignments);
    flx_warning_list_clear(&model->warnings);
    free(model->drawn);
    free(model->row_replicas);
    flx_dataset_destroy(model->rows);
    flx_graph_destroy(model->graph);
    flx_deployment_destroy(model->deployment);
    free(model);
}

flx_fitted_graph flx_model_graph(const flx_model *model)
{
    return (flx_fitted_graph){model->deployment, model->graph, model->assignments};
}

flx_fitted_graph flx_model_member_graph(const flx_model *model, int k)
{
    const flx_member *member = model->ensemble ? &model->ensemble->members[k] : NULL;
    if (!member || !member->graph)
        return flx_model_graph(model);
    return (flx_fitted_graph){model->deployment, member->graph, member->assignments};
}

int flx_fitted_graph_find_empty(flx_fitted_graph fitted)
{
    for (int a = 0; a < fitted.graph->n_assignments; a++)
        if (fitted.assignments[a].n_models == 0)
            return a;
    return -1;
}

const flx_predictor *flx_model_leading(const flx_model *model, int a)
{
    return flx_assignment_leading(&model->assignments[a]);
}

flx_status flx_model_build_graph(const flx_deployment *deployment,
                                 flx_composition composition, bool paper_mode,
                                 const flx_graph_scope *scope, flx_graph **out,
                                 flx_error *error)
{
    if (composition != FLX_COMPOSED && composition != FLX_SKIP_CONNECTED)
        return flx_black_box_graph_build(deployment, out, error);
    FLX_TRY((composition == FLX_COMPOSED ? flx_graph_build : flx_skip_graph_build)(
        deployment, scope->spectrum, scope->n_spectrum, paper_mode, out, error));
    if (!scope->input_subsets)
        return FLX_OK;
    flx_status status = flx_graph_prune(*out, scope->input_subsets, error);
    if (status != FLX_OK) {
        flx_graph_destroy(*out);
        *out = NULL;
    }
    return status;
}

bool flx_model_rows_are_current(const flx_model *model)
{
    for (int s = 0; model->row_replicas && s < model->deployment->n_services; s++)
        if (model->row_replicas[s] != model->deployment->services[s].replicas)
            return false;
    return model->rows != NULL;
}

const char *flx_model_unit(const flx_model *model)
{
    const char *target = model->graph->vertices[model->graph->output].name;
    int column = model->rows ? flx_dataset_find(model->rows, target) : -1;
    return column < 0 ? "" : model->rows->columns[column].unit;
}
