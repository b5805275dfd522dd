/* SPDX-License-Identifier: MIT
 * The spaced list of good settings. Rows stay where they are and an ascending list of row
 * numbers is moved instead, so an insertion costs one copy of a setting. */
#include "host/optimization/elite_archive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct flx_elite_archive {
    int capacity, n_dimensions, count;
    const flx_dimension *genes;
    double spacing;
    double *units;  /* (capacity, n_dimensions) by row */
    double *values; /* (capacity) by row */
    int *rows;      /* (capacity) rows ascending by value, then the free ones */
};

/* Sum of squared differences, given up once it exceeds `bound`. */
static double squared_distance(const double *a, const double *b, int n_dimensions,
                               const flx_dimension *genes, double bound)
{
    double sum = 0;
    for (int d = 0; d < n_dimensions && sum <= bound; d++) {
        double difference = a[d] - b[d];
        if (genes && genes[d].kind == FLX_DIMENSION_CATEGORY)
            difference = difference != 0;
        sum += difference * difference;
    }
    return sum;
}

double flx_unit_distance(const double *a, const double *b, int n_dimensions,
                         const flx_dimension *genes)
{
    double sum = squared_distance(a, b, n_dimensions, genes, INFINITY);
    return sqrt(sum / n_dimensions);
}

flx_status flx_elite_archive_create(int capacity, int n_dimensions,
                                    const flx_dimension *genes, double spacing,
                                    flx_elite_archive **out, flx_error *error)
{
    *out = NULL;
    if (capacity < 1 || n_dimensions < 1 || !(spacing >= 0))
        return flx_fail(
            error, FLX_BAD_INPUT,
            "a list of %d settings of %d genes with spacing %g cannot be made", capacity,
            n_dimensions, spacing);
    flx_elite_archive *list = calloc(1, sizeof *list);
    if (list) {
        *list = (flx_elite_archive){.capacity = capacity,
                                    .n_dimensions = n_dimensions,
                                    .genes = genes,
                                    .spacing = spacing};
        list->units = malloc((size_t)capacity * (size_t)n_dimensions * sizeof(double));
        list->values = malloc((size_t)capacity * sizeof(double));
        list->rows = malloc((size_t)capacity * sizeof(int));
    }
    if (!list || !list->units || !list->values || !list->rows) {
        flx_elite_archive_destroy(list);
        return flx_fail(error, FLX_NO_MEMORY, "no memory for a list of %d settings",
                        capacity);
    }
    for (int i = 0; i < capacity; i++)
        list->rows[i] = i;
    *out = list;
    return FLX_OK;
}

void flx_elite_archive_destroy(flx_elite_archive *list)
{
    if (!list)
        return;
    free(list->rows);
    free(list->values);
    free(list->units);
    free(list);
}

int flx_elite_archive_count(const flx_elite_archive *list)
{
    return list->count;
}

const double *flx_elite_archive_unit(const flx_elite_archive *list, int index)
{
    return list->units + (size_t)list->rows[index] * (size_t)list->n_dimensions;
}

double flx_elite_archive_value(const flx_elite_archive *list, int index)
{
    return list->values[list->rows[index]];
}

/* Nearer than `distance`; equal settings are near whatever the distance. */
static bool is_near(const flx_elite_archive *list, const double *a, const double *b,
                    double distance)
{
    double bound = distance * distance * list->n_dimensions;
    double sum = squared_distance(a, b, list->n_dimensions, list->genes, bound);
    return sum < bound || sum == 0;
}

static int count_not_worse(const flx_elite_archive *list, double value)
{
    int low = 0, high = list->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (flx_elite_archive_value(list, middle) <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Takes the place out of the list; its row becomes the first free one. */
static void remove_place(flx_elite_archive *list, int place)
{
    int row = list->rows[place];
    memmove(list->rows + place, list->rows + place + 1,
            (size_t)(list->count - place - 1) * sizeof(int));
    list->rows[--list->count] = row;
}

static void insert_at(flx_elite_archive *list, int place, const double *unit,
                      double value)
{
    int row = list->rows[list->count];
    memmove(list->rows + place + 1, list->rows + place,
            (size_t)(list->count - place) * sizeof(int));
    list->rows[place] = row;
    list->count++;
    list->values[row] = value;
    memcpy(list->units + (size_t)row * (size_t)list->n_dimensions, unit,
           (size_t)list->n_dimensions * sizeof(double));
}

bool flx_elite_archive_offer(flx_elite_archive *list, const double *unit, double value)
{
    if (!isfinite(value))
        return false;
    int place = count_not_worse(list, value);
    if (place == list->capacity)
        return false;
    for (int i = 0; i < place; i++)
        if (is_near(list, flx_elite_archive_unit(list, i), unit, list->spacing))
            return false;
    for (int i = list->count - 1; i >= place; i--)
        if (is_near(list, flx_elite_archive_unit(list, i), unit, list->spacing))
            remove_place(list, i);
    if (list->count == list->capacity)
        remove_place(list, list->count - 1);
    insert_at(list, place, unit, value);
    return true;
}

static int choose_at(const flx_elite_archive *list, int count, double distance,
                     int *chosen)
{
    int n_chosen = 0;
    for (int i = 0; i < list->count && n_chosen < count; i++) {
        bool is_far = true;
        for (int c = 0; c < n_chosen && is_far; c++)
            is_far = !is_near(list, flx_elite_archive_unit(list, i),
                              flx_elite_archive_unit(list, chosen[c]), distance);
        if (is_far)
            chosen[n_chosen++] = i;
    }
    return n_chosen;
}

int flx_elite_archive_choose(const flx_elite_archive *list, int count, double distance,
                             int *chosen)
{
    int wanted = count < list->count ? count : list->count;
    int n_chosen = choose_at(list, wanted, distance, chosen);
    while (n_chosen < wanted && distance > list->spacing) {
        distance = distance > 1e-6 ? 0.5 * distance : 0;
        n_chosen = choose_at(list, wanted, distance, chosen);
    }
    return n_chosen;
}
