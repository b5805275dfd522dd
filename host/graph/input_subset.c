/* SPDX-License-Identifier: MIT */
#include "host/graph/input_subset.h"

#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

flx_input_subsets *flx_input_subsets_create(void)
{
    return flx_allocate(1, sizeof(flx_input_subsets));
}

void flx_input_subsets_destroy(flx_input_subsets *subsets)
{
    if (!subsets)
        return;
    for (int i = 0; i < subsets->count; i++) {
        for (int k = 0; k < subsets->list[i].n_labels; k++)
            free(subsets->list[i].labels[k]);
        free(subsets->list[i].labels);
        free(subsets->list[i].assignment);
    }
    free(subsets->list);
    free(subsets);
}

bool flx_input_subsets_add(flx_input_subsets *subsets, const char *assignment)
{
    size_t count = (size_t)subsets->count + 1;
    flx_input_subset *grown = realloc(subsets->list, count * sizeof *grown);
    if (!grown)
        return false;
    subsets->list = grown;
    grown[subsets->count] = (flx_input_subset){.assignment = strdup(assignment)};
    return grown[subsets->count++].assignment != NULL;
}

bool flx_input_subsets_add_label(flx_input_subsets *subsets, const char *label)
{
    flx_input_subset *subset = &subsets->list[subsets->count - 1];
    size_t count = (size_t)subset->n_labels + 1;
    char **grown = realloc(subset->labels, count * sizeof *grown);
    if (!grown)
        return false;
    subset->labels = grown;
    grown[subset->n_labels] = strdup(label);
    return grown[subset->n_labels++] != NULL;
}

flx_input_subsets *flx_input_subsets_copy(const flx_input_subsets *subsets)
{
    flx_input_subsets *copy = flx_input_subsets_create();
    bool is_whole = copy != NULL;
    for (int i = 0; i < subsets->count && is_whole; i++) {
        const flx_input_subset *subset = &subsets->list[i];
        is_whole = flx_input_subsets_add(copy, subset->assignment);
        for (int k = 0; k < subset->n_labels && is_whole; k++)
            is_whole = flx_input_subsets_add_label(copy, subset->labels[k]);
    }
    if (is_whole)
        return copy;
    flx_input_subsets_destroy(copy);
    return NULL;
}

bool flx_input_subset_has(const flx_input_subset *subset, const char *label)
{
    for (int k = 0; k < subset->n_labels; k++)
        if (strcmp(subset->labels[k], label) == 0)
            return true;
    return false;
}
