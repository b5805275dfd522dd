/* SPDX-License-Identifier: MIT
 * The settings of a deployment as points of the unit cube. Every knob of every service
 * stands once (replicas share it): column SERVICE:KNOB. A knob that the caller fixes, or
 * that has one value only, is no dimension of the space.
 *
 *   continuous             one continuous dimension, linear or logarithmic
 *   discrete, integers     levels of equal width, or as wide as on a logarithmic scale
 *   discrete, a list       levels of equal width, one a value
 *   choices                a category; the setting is the index of the label */
#ifndef FLX_SEARCH_SPACE_H
#define FLX_SEARCH_SPACE_H

#include "formats/deployment.h"
#include "kernels/formulas/knob.h"

struct json_t;

typedef struct {
    char *column; /* SERVICE:KNOB */
    int service;
    const flx_knob *knob; /* the deployment's */
    bool is_fixed;        /* by the caller */
    int dimension;        /* -1: none, always `value` */
    double value;         /* the fixed setting, else the default */
} flx_search_space_knob;

/* A state that the caller fixes: an observation to tune for, not a setting. */
typedef struct {
    char *column;
    double value;
} flx_search_space_state;

typedef struct {
    const flx_deployment *deployment; /* borrowed */
    int n_knobs;
    flx_search_space_knob *knobs;
    int n_dimensions;
    flx_dimension *dimensions; /* (n_dimensions), in the order of the knobs */
    int n_states;
    flx_search_space_state *states; /* (n_states) fixed ones */
} flx_search_space;

/* The deployment is borrowed and must outlive the space. FLX_BAD_INPUT for bounds that
 * their scale does not allow. */
flx_status flx_search_space_create(const flx_deployment *deployment,
                                   flx_search_space **out, flx_error *error);
void flx_search_space_destroy(flx_search_space *space); /* NULL is fine */

/* `fix` is a text "COLUMN=VALUE" of a knob or state column. FLX_BAD_INPUT for a column
 * that is unknown or a metric, a value out of range, a column that is fixed already, and
 * one instance's knob. */
flx_status flx_search_space_fix(flx_search_space *space, const char *fix,
                                flx_error *error);

/* Takes a knob's dimension from the space: it stays at its value. */
void flx_search_space_drop(flx_search_space *space, int knob);

/* Settings (n_knobs), in their own units, of a unit point (n_dimensions), and back: the
 * centre of the level where there are levels. Encoding fails for a setting that its knob
 * cannot have; knobs without a dimension are not looked at. */
void flx_search_space_decode(const flx_search_space *space, const double *unit,
                             double *settings);
flx_status flx_search_space_encode(const flx_search_space *space, const double *settings,
                                   double *unit, flx_error *error);
/* The deployment's defaults, and the fixed settings where there are some. */
void flx_search_space_defaults(const flx_search_space *space, double *settings);

/* The scale of one knob, and the values that its levels stand for where they are a list,
 * else NULL. */
flx_knob_scale flx_knob_scale_of(const flx_knob *knob);
const double *flx_knob_list(const flx_knob *knob);

/* A setting as the user writes it: a label, an integer or a number. Allocated; NULL when
 * out of memory. */
char *flx_knob_text(const flx_knob *knob, double value);
/* The same as a JSON string, integer or real: what `simulate --settings` reads. */
struct json_t *flx_knob_json(const flx_knob *knob, double value);
#endif
