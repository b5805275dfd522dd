/* SPDX-License-Identifier: MIT
 * The spaced list of good settings. Rows stay where they are and an ascending list of row
 * numbers is moved instead, so an insertion costs one copy of a setting. */
#include "host/optimization/elite_archive.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct flx_elite_archive {
    int capacity, n_dimensions, count;
    const flx_dimension *dimensions;
    double spacing;
    double *units;  /* (capacity, n_dimensions) by row */
    double *values; /* (capacity) by row */
    int *rows;      /* (capacity) rows ascending by value, then the free ones */
};

/* Sum of squared differences, given up once it exceeds `bound`. */
static double squared_distance(const double *a, const double *b, int n_dimensions,
                               const flx_dimension *dimensions, double bound)
{
    double sum = 0;
    for (int d = 0; d < n_dimensions && sum <= bound; d++) {
        double difference = a[d] - b[d];
        if (dimensions && dimensions[d].kind == FLX_DIMENSION_CATEGORY)
            difference = difference != 0;
        sum += difference * difference;
    }
    return sum;
}

flx_status flx_elite_archive_create(int capacity, int n_dimensions,
                                    const flx_dimension *dimensions, double spacing,
                                    flx_elite_archive **out, flx_error *error)
{
    *out = NULL;
    if (capacity < 1 || n_dimensions < 1 || !(spacing >= 0))
        return flx_fail(
            error, FLX_BAD_INPUT,
            "an archive of %d settings of %d dimensions with spacing %g cannot be made",
            capacity, n_dimensions, spacing);
    flx_elite_archive *archive = NULL;
    size_t numbers = (size_t)capacity * (size_t)n_dimensions;
    if (!FLX_NEW(archive, 1) || !FLX_NEW(archive->units, numbers) ||
        !FLX_NEW(archive->values, capacity) || !FLX_NEW(archive->rows, capacity)) {
        flx_elite_archive_destroy(archive);
        return flx_no_memory(error, "an archive of %d settings", capacity);
    }
    archive->capacity = capacity;
    archive->n_dimensions = n_dimensions;
    archive->dimensions = dimensions;
    archive->spacing = spacing;
    for (int i = 0; i < capacity; i++)
        archive->rows[i] = i;
    *out = archive;
    return FLX_OK;
}

void flx_elite_archive_destroy(flx_elite_archive *archive)
{
    if (!archive)
        return;
    free(archive->rows);
    free(archive->values);
    free(archive->units);
    free(archive);
}

int flx_elite_archive_count(const flx_elite_archive *archive)
{
    return archive->count;
}

const double *flx_elite_archive_unit(const flx_elite_archive *archive, int index)
{
    return archive->units + (size_t)archive->rows[index] * (size_t)archive->n_dimensions;
}

double flx_elite_archive_value(const flx_elite_archive *archive, int index)
{
    return archive->values[archive->rows[index]];
}

/* Nearer than `distance`; equal settings are near whatever the distance. */
static bool is_near(const flx_elite_archive *archive, const double *a, const double *b,
                    double distance)
{
    double bound = distance * distance * archive->n_dimensions;
    double sum =
        squared_distance(a, b, archive->n_dimensions, archive->dimensions, bound);
    return sum < bound || sum == 0;
}

static int count_not_worse(const flx_elite_archive *archive, double value)
{
    int low = 0, high = archive->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (flx_elite_archive_value(archive, middle) <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Takes the place out of the archive; its row becomes the first free one. */
static void remove_place(flx_elite_archive *archive, int place)
{
    int row = archive->rows[place];
    memmove(archive->rows + place, archive->rows + place + 1,
            (size_t)(archive->count - place - 1) * sizeof(int));
    archive->rows[--archive->count] = row;
}

static void insert_at(flx_elite_archive *archive, int place, const double *unit,
                      double value)
{
    int row = archive->rows[archive->count];
    memmove(archive->rows + place + 1, archive->rows + place,
            (size_t)(archive->count - place) * sizeof(int));
    archive->rows[place] = row;
    archive->count++;
    archive->values[row] = value;
    memcpy(archive->units + (size_t)row * (size_t)archive->n_dimensions, unit,
           (size_t)archive->n_dimensions * sizeof(double));
}

bool flx_elite_archive_offer(flx_elite_archive *archive, const double *unit, double value)
{
    if (!isfinite(value))
        return false;
    int place = count_not_worse(archive, value);
    if (place == archive->capacity)
        return false;
    for (int i = 0; i < place; i++)
        if (is_near(archive, flx_elite_archive_unit(archive, i), unit, archive->spacing))
            return false;
    for (int i = archive->count - 1; i >= place; i--)
        if (is_near(archive, flx_elite_archive_unit(archive, i), unit, archive->spacing))
            remove_place(archive, i);
    if (archive->count == archive->capacity)
        remove_place(archive, archive->count - 1);
    insert_at(archive, place, unit, value);
    return true;
}

static int choose_at(const flx_elite_archive *archive, int count, double distance,
                     int *chosen)
{
    int n_chosen = 0;
    for (int i = 0; i < archive->count && n_chosen < count; i++) {
        bool is_far = true;
        for (int c = 0; c < n_chosen && is_far; c++)
            is_far = !is_near(archive, flx_elite_archive_unit(archive, i),
                              flx_elite_archive_unit(archive, chosen[c]), distance);
        if (is_far)
            chosen[n_chosen++] = i;
    }
    return n_chosen;
}

int flx_elite_archive_choose(const flx_elite_archive *archive, int count, double distance,
                             int *chosen)
{
    int wanted = count < archive->count ? count : archive->count;
    int n_chosen = choose_at(archive, wanted, distance, chosen);
    while (n_chosen < wanted && distance > archive->spacing) {
        distance = distance > 1e-6 ? 0.5 * distance : 0;
        n_chosen = choose_at(archive, wanted, distance, chosen);
    }
    return n_chosen;
}
