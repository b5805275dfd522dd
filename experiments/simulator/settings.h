/* SPDX-License-Identifier: MIT
 * The settings that a simulation measures: drawn over the knobs' ranges, the defaults, or
 * read from a file. */
#ifndef FLX_SIMULATOR_SETTINGS_H
#define FLX_SIMULATOR_SETTINGS_H

#include "experiments/simulator/testbed.h"

typedef struct {
    int count, n_knobs;
    double *values; /* (count, n_knobs), knobs in the order of the testbed's space */
} flx_settings;

/* Latin hypercube: in every knob, each of `count` slices of its range (logarithmic where
 * the knob is) is drawn from once. Knobs of services that the step does not count keep
 * their default. The same seed and count give the same settings. */
flx_status flx_settings_draw(const flx_testbed *testbed, int count, flx_settings **out,
                             flx_error *error);
/* The deployment's defaults, one setting. */
flx_status flx_settings_defaults(const flx_testbed *testbed, flx_settings **out,
                                 flx_error *error);
/* A CSV file with one column a knob, or the output of `fluxion tune --json`: its best
 * setting, then its top list. Knobs that are not given keep their default; a column that
 * is no knob, or a value its knob cannot have, is FLX_BAD_INPUT. */
flx_status flx_settings_read(const flx_testbed *testbed, const char *path,
                             flx_settings **out, flx_error *error);
void flx_settings_destroy(flx_settings *settings); /* NULL is fine */
#endif
