/* SPDX-License-Identifier: MIT */
#include "host/readings.h"

#include <stdlib.h>
#include <string.h>

flx_readings *flx_readings_create(void)
{
    return calloc(1, sizeof(flx_readings));
}

void flx_readings_destroy(flx_readings *readings)
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

bool flx_readings_add(flx_readings *readings, const char *assignment)
{
    size_t count = (size_t)readings->count + 1;
    flx_reading *grown = realloc(readings->list, count * sizeof *grown);
    if (!grown)
        return false;
    readings->list = grown;
    char *name = strdup(assignment);
    if (!name)
        return false;
    grown[readings->count++] = (flx_reading){.assignment = name};
    return true;
}

bool flx_readings_add_label(flx_readings *readings, const char *label)
{
    flx_reading *reading = &readings->list[readings->count - 1];
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

flx_readings *flx_readings_copy(const flx_readings *readings)
{
    flx_readings *copy = flx_readings_create();
    bool is_whole = copy != NULL;
    for (int i = 0; i < readings->count && is_whole; i++) {
        const flx_reading *reading = &readings->list[i];
        is_whole = flx_readings_add(copy, reading->assignment);
        for (int k = 0; k < reading->n_labels && is_whole; k++)
            is_whole = flx_readings_add_label(copy, reading->labels[k]);
    }
    if (is_whole)
        return copy;
    flx_readings_destroy(copy);
    return NULL;
}

const flx_reading *flx_readings_find(const flx_readings *readings, const char *assignment)
{
    for (int i = 0; i < readings->count; i++)
        if (strcmp(readings->list[i].assignment, assignment) == 0)
            return &readings->list[i];
    return NULL;
}

bool flx_reading_has(const flx_reading *reading, const char *label)
{
    for (int k = 0; k < reading->n_labels; k++)
        if (strcmp(reading->labels[k], label) == 0)
            return true;
    return false;
}
