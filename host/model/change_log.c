/* SPDX-License-Identifier: MIT */
#include "host/model/change_log.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool flx_name_list_add(flx_name_list *list, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return false;
    char **grown = realloc(list->items, ((size_t)list->count + 1) * sizeof *grown);
    if (!grown) {
        free(text);
        return false;
    }
    list->items = grown;
    grown[list->count++] = text;
    return true;
}

bool flx_name_list_holds(const flx_name_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i], name) == 0)
            return true;
    return false;
}

static void clear_list(flx_name_list *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

void flx_change_clear(flx_change *change)
{
    flx_name_list *const lists[] = {&change->reused,         &change->fitted,
                                    &change->untrained,      &change->removed,
                                    &change->missing_inputs, &change->unused_inputs};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        clear_list(lists[i]);
    for (int i = 0; i < change->n_refits; i++) {
        free(change->refits[i].assignment);
        free(change->refits[i].models);
    }
    free(change->refits);
    free(change->service);
    *change = (flx_change){0};
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *describe_list(const flx_name_list *list)
{
    json_t *array = json_array();
    for (int i = 0; i < list->count; i++)
        json_array_append_new(array, json_string(list->items[i]));
    return array;
}

static json_t *describe_models(const flx_refit *refit)
{
    json_t *array = json_array();
    for (int k = 0; k < refit->n_models; k++) {
        const flx_weighted_model *model = &refit->models[k];
        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:f, s:o}", "origin", model->origin,
                                        "kind", model->kind, "weight", model->weight,
                                        "mae", number(model->mae)));
    }
    return array;
}

static json_t *describe_refits(const flx_change *change)
{
    json_t *array = json_array();
    for (int i = 0; i < change->n_refits; i++) {
        const flx_refit *refit = &change->refits[i];
        json_t *item = json_pack("{s:s, s:i, s:i, s:b}", "assignment", refit->assignment,
                                 "rows", refit->rows, "retained_rows",
                                 refit->retained_rows, "unchanged", refit->is_unchanged);
        if (refit->is_unchanged)
            json_object_set_new(item, "reason", json_string(refit->reason));
        json_object_set_new(item, "mae_before", number(refit->mae_before));
        json_object_set_new(item, "mae_after", number(refit->mae_after));
        json_object_set_new(item, "models", describe_models(refit));
        json_array_append_new(array, item);
    }
    return array;
}

json_t *flx_change_describe(const flx_change *change)
{
    json_t *document = json_pack("{s:s}", "event", change->event);
    if (change->service)
        json_object_set_new(document, "service", json_string(change->service));
    if (change->instances > 0)
        json_object_set_new(document, "instances", json_integer(change->instances));
    if (change->rows > 0)
        json_object_set_new(document, "rows", json_integer(change->rows));
    json_object_set_new(document, "fitted", describe_list(&change->fitted));
    json_object_set_new(document, "reused", describe_list(&change->reused));
    json_object_set_new(document, "untrained", describe_list(&change->untrained));
    json_object_set_new(document, "removed", describe_list(&change->removed));
    json_object_set_new(document, "missing_inputs",
                        describe_list(&change->missing_inputs));
    json_object_set_new(document, "unused_inputs", describe_list(&change->unused_inputs));
    if (change->n_refits > 0)
        json_object_set_new(document, "refits", describe_refits(change));
    return document;
}
