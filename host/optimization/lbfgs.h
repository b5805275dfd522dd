/* SPDX-License-Identifier: MIT
 * Limited-memory BFGS in a box, as a state machine: the caller asks for the point to
 * evaluate next and tells value and gradient there, so that many minimizations advance
 * together as one batch. Nocedal & Wright (2006) algorithm 7.4 on the free variables,
 * steps projected into the box, Armijo line search with quadratic interpolation, steps
 * capped. */
#ifndef FLX_LBFGS_H
#define FLX_LBFGS_H

#include <stdbool.h>
#include <stddef.h>

enum { FLX_LBFGS_MEMORY = 8 };

typedef struct {
    int max_iterations;
    double gradient_tolerance; /* stop: largest projected gradient entry below this */
    double value_tolerance;    /* stop: decrease below this times max(1, |value|) */
    double step_cap;           /* no entry moves farther in one step */
} flx_lbfgs_options;

typedef struct {
    int size;
    const flx_lbfgs_options *options;
    const double *lower, *upper; /* borrowed */
    double *x, *gradient;        /* the best point so far */
    double *trial, *direction;
    double *s, *y; /* (FLX_LBFGS_MEMORY, size) rings */
    double *alpha; /* (FLX_LBFGS_MEMORY) */
    double value, step, slope;
    int stored, newest, iteration, backtracks;
    bool is_started, is_done;
} flx_lbfgs;

/* Doubles that a state needs. */
size_t flx_lbfgs_memory_size(int size);
/* Lays the state into `memory`; everything given is borrowed. */
void flx_lbfgs_bind(flx_lbfgs *state, int size, const flx_lbfgs_options *options,
                    const double *lower, const double *upper, double *memory);
/* Begins at `start`, moved into the box. */
void flx_lbfgs_begin(flx_lbfgs *state, const double *start);
/* What came out at state->trial; a value that is not finite is a failed step. Afterwards
 * either state->is_done, or state->trial is the next point. */
void flx_lbfgs_tell(flx_lbfgs *state, double value, const double *gradient);
#endif
