/* SPDX-License-Identifier: MIT
 * Which metrics of the services below the assignments of a graph read, where it is not
 * all of them: what input selection decided (host/metric_selection.h), kept beside the
 * graph so that it can be built again. */
#ifndef FLX_READINGS_H
#define FLX_READINGS_H

#include "formats/status.h"

#include <stdbool.h>

/* One assignment. */
typedef struct {
    char *assignment; /* "frontend:p90" */
    int n_labels;
    char *
        *labels; /* (n_labels) of the metrics it reads: "cartservice:p95"; may be none */
} flx_reading;

typedef struct {
    int count;
    flx_reading *list; /* (count) other assignments read all there is */
} flx_readings;

flx_readings *flx_readings_create(void);           /* none; NULL when out of memory */
void flx_readings_destroy(flx_readings *readings); /* NULL is fine */
flx_readings *flx_readings_copy(const flx_readings *readings); /* NULL: no memory */

/* A new entry without labels; both copy their text. False when out of memory. */
bool flx_readings_add(flx_readings *readings, const char *assignment);
bool flx_readings_add_label(flx_readings *readings,
                            const char *label); /* to the newest */

/* The entry of an assignment, or NULL. */
const flx_reading *flx_readings_find(const flx_readings *readings,
                                     const char *assignment);
bool flx_reading_has(const flx_reading *reading, const char *label);
#endif
