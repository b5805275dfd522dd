/* SPDX-License-Identifier: MIT */
#include "host/graph/input_subset.h"

#include <stdlib.h>
#include <string.h>

flx_input_subsets *flx_input_subsets_create(void)
{
    return calloc(1, sizeof(flx_input_subsets));
}

void flx_input_subsets_destroy(flx_input_subsets *readings)
{
    if (!readings)
        return;
    for (int i = 0; i < readings->count; i++) {
        for (int k = 0; k < readings->list[i].n_labels; k++)
            free(readings->list[i].labels[k]);
        free(readings->list[i].labels);
        free(readings->list[i].assignment);
    }
    free(readings->list);
    free(readings);
}

bool flx_input_subsets_add(flx_input_subsets *readings, const char *assignment)
{
    size_t count = (size_t)readings->count + 1;
    flx_input_subset *grown = realloc(readings->list, count * sizeof *grown);
    if (!grown)
        return false;
    readings->list = grown;
    char *name = strdup(assignment);
    if (!name)
        return false;
    grown[readings->count++] = (flx_input_subset){.assignment = name};
    return true;
}

bool flx_input_subsets_add_label(flx_input_subsets *readings, const char *label)
{
    flx_input_subset *reading = &readings->list[readings->count - 1];
    size_t count = (size_t)reading->n_labels + 1;
    char **grown = realloc(reading->labels, count * sizeof *grown);
    if (!grown)
        return false;
    reading->labels = grown;
    grown[reading->n_labels] = strdup(label);
    if (!grown[reading->n_labels])
        return false;
    reading->n_labels++;
    return true;
}

flx_input_subsets *flx_input_subsets_copy(const flx_input_subsets *readings)
{
    flx_input_subsets *copy = flx_input_subsets_create();
    bool is_whole = copy != NULL;
    for (int i = 0; i < readings->count && is_whole; i++) {
        const flx_input_subset *reading = &readings->list[i];
        is_whole = flx_input_subsets_add(copy, reading->assignment);
        for (int k = 0; k < reading->n_labels && is_whole; k++)
            is_whole = flx_input_subsets_add_label(copy, reading->labels[k]);
    }
    if (is_whole)
        return copy;
    flx_input_subsets_destroy(copy);
    return NULL;
}

const flx_input_subset *flx_input_subsets_find(const flx_input_subsets *readings,
                                               const char *assignment)
{
    for (int i = 0; i < readings->count; i++)
        if (strcmp(readings->list[i].assignment, assignment) == 0)
            return &readings->list[i];
    return NULL;
}

bool flx_input_subset_has(const flx_input_subset *reading, const char *label)
{
    for (int k = 0; k < reading->n_labels; k++)
        if (strcmp(reading->labels[k], label) == 0)
            return true;
    return false;
}
