/* SPDX-License-Identifier: MIT
 * Counts services and inputs of a table per instance, from the names of its columns
 * alone.
 *
 * Without a deployment it is not known which part of a name is the operation. What
 * follows the last '.' is taken for one where it starts with a letter and holds only
 * letters, digits, '_' and '-'. Columns are sorted twice, first by service and instance
 * (how many instances has a service?), then by what they measure (once, or an instance at
 * a time?). */
#include "formats/dataset/dataset.h"

#include "formats/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *owner;  /* SERVICE[.OPERATION], not NUL-terminated */
    int owner_length;   /* of both */
    int service_length; /* of the service */
    long instance;      /* -1 where none */
    const char *name;   /* what follows the last ':' */
    flx_column_role kind;
    int instances; /* of its service, at least 1 */
} column_parts;

/* SERVICE.OPERATION: length of SERVICE, or all of it. */
static int find_service_length(const char *owner, int length)
{
    for (int i = length - 1; i > 0; i--) {
        if (owner[i] == '.')
            return i + 1 < length && isalpha((unsigned char)owner[i + 1]) ? i : length;
        if (!isalnum((unsigned char)owner[i]) && owner[i] != '_' && owner[i] != '-')
            return length;
    }
    return length;
}

/* OWNER/DIGITS: cuts off the digits and returns their value, or -1. */
static long split_instance(const char *owner, int *length)
{
    int start = *length;
    while (start > 0 && isdigit((unsigned char)owner[start - 1]))
        start--;
    int digits = *length - start;
    if (digits < 1 || digits > 9 || start < 2 || owner[start - 1] != '/')
        return -1;
    *length = start - 1;
    return strtol(owner + start, NULL, 10);
}

static column_parts read_parts(const flx_column *column)
{
    column_parts parts = {.owner = column->name, .kind = column->kind, .instances = 1};
    const char *colon = strrchr(column->name, ':');
    parts.name = colon ? colon + 1 : column->name;
    parts.owner_length = colon ? (int)(colon - column->name) : 0;
    parts.instance = split_instance(parts.owner, &parts.owner_length);
    parts.service_length = find_service_length(parts.owner, parts.owner_length);
    return parts;
}

static int compare_spans(const char *a, int a_length, const char *b, int b_length)
{
    int order = memcmp(a, b, (size_t)(a_length < b_length ? a_length : b_length));
    return order ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_services(const column_parts *a, const column_parts *b)
{
    return compare_spans(a->owner, a->service_length, b->owner, b->service_length);
}

static int by_instance(const void *left, const void *right)
{
    const column_parts *a = left, *b = right;
    int order = compare_services(a, b);
    return order ? order : (a->instance > b->instance) - (a->instance < b->instance);
}

static int compare_measures(const column_parts *a, const column_parts *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = compare_spans(a->owner, a->owner_length, b->owner, b->owner_length);
    return order ? order : strcmp(a->name, b->name);
}

static int by_measure(const void *left, const void *right)
{
    const column_parts *a = left, *b = right;
    int order = compare_measures(a, b);
    return order ? order : (a->instance > b->instance) - (a->instance < b->instance);
}

/* Sorted by_instance: tells every column how many instances its service has; returns the
 * number of services, instances counted one by one. */
static int count_services(column_parts *parts, int n)
{
    int services = 0;
    for (int first = 0, end; first < n; first = end) {
        int instances = 0;
        for (end = first; end < n && compare_services(&parts[first], &parts[end]) == 0;
             end++) {
            bool is_new = end == first || parts[end].instance != parts[end - 1].instance;
            instances += parts[end].instance >= 0 && is_new;
        }
        instances = instances > 0 ? instances : 1;
        for (int i = first; i < end; i++)
            parts[i].instances = instances;
        services += instances;
    }
    return services;
}

/* Sorted by_measure: a measure that is given an instance at a time counts that often, one
 * that is given once counts for every instance. */
static void count_inputs(const column_parts *parts, int n, flx_dataset_counts *counts)
{
    for (int first = 0, end; first < n; first = end) {
        int apart = 0;
        for (end = first; end < n && compare_measures(&parts[first], &parts[end]) == 0;
             end++)
            apart += parts[end].instance >= 0;
        int inputs = apart > 0 ? apart : parts[first].instances;
        if (parts[first].kind == FLX_KNOB)
            counts->knobs += inputs;
        else if (parts[first].kind == FLX_STATE)
            counts->states += inputs;
        else
            counts->metrics += end - first;
    }
}

flx_status flx_dataset_count(const flx_dataset *dataset, flx_dataset_counts *counts,
                             flx_error *error)
{
    *counts = (flx_dataset_counts){0};
    int n = dataset->n_columns;
    FLX_SCOPED column_parts *parts = NULL;
    if (!FLX_NEW(parts, n))
        return flx_no_memory(error, "counting %d columns", n);
    for (int j = 0; j < n; j++)
        parts[j] = read_parts(&dataset->columns[j]);
    qsort(parts, (size_t)n, sizeof *parts, by_instance);
    counts->services = count_services(parts, n);
    qsort(parts, (size_t)n, sizeof *parts, by_measure);
    count_inputs(parts, n, counts);
    return FLX_OK;
}
