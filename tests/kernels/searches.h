/* SPDX-License-Identifier: MIT
 * Searches for the weights of a small set, as the device and as the host take them. */
#ifndef FLX_TEST_SEARCHES_H
#define FLX_TEST_SEARCHES_H

#include "host/optimization/weight_search.h"
#include "kernels/backend.h"

enum { SEARCH_ROWS = 40, SEARCH_MODELS = 5, MOST_MEMBERS = 320, SEARCH_STREAM = 0x7001 };

extern double search_P[SEARCH_ROWS * SEARCH_MODELS], search_y[SEARCH_ROWS];

/* search_y is 0.2 p_0 + 0.6 p_3. */
void fill_search_rows(void);

flx_weighting_set *create_search_set(flx_backend *backend, const double *target);

/* One search, as either side takes it. */
typedef struct {
    const char *name;
    bool is_mean, is_maximized;
    flx_problem problem;
    flx_optimizer_options options;
} search_setup;

flx_population_search describe_search(const search_setup *s);

flx_population *create_population(flx_backend *backend, flx_weighting_set *set,
                                  const flx_population_search *searches, int count);

void advance_searches(flx_backend *backend, flx_population *population, int generations,
                      flx_population_report *reports);

void read_search(flx_backend *backend, flx_population *population, int search,
                 flx_population_state reading);

extern const flx_dimension search_dimensions[SEARCH_MODELS];

search_setup make_search(const char *name, flx_optimizer_options options);

bool searches_on_host(const flx_backend *backend);
#endif
