/* SPDX-License-Identifier: MIT
 * The state of L-SHADE, laid open so that its parts can be tested and reused: the memory
 * of successful F and CR, the archive of defeated parents, the shrinking population.
 * Source: Tanabe & Fukunaga, CEC 2014, DOI 10.1109/CEC.2014.6900380. */
#ifndef FLX_LSHADE_H
#define FLX_LSHADE_H

#include "host/optimization/optimizer_kind.h"

/* Slots of remembered centres, written in turn. */
typedef struct {
    int n_slots, next;
    double *scale;          /* (n_slots) F, 0.5 at first */
    double *crossover_rate; /* (n_slots) CR, 0.5 at first; -1: terminal, always draws 0 */
} flx_success_memory;

/* One generation's successful trials: F, CR and by how much they beat their parents. */
typedef struct {
    int count;
    double *scale, *crossover_rate, *gain; /* (largest population) */
} flx_successes;

/* Writes the next slot: Lehmer means sum(w v^2) / sum(w v) of F and of CR, w the gains;
 * CR becomes terminal for good once all successful CR are 0. An infinite gain (the parent
 * had no value) weighs as much as the largest finite one. Without a success nothing
 * changes. */
void flx_success_memory_update(flx_success_memory *memory,
                               const flx_successes *successes);

typedef struct {
    flx_optimizer_state base;
    double best_share, archive_rate, budget, evaluations;
    int smallest_members;
    double *scale, *crossover_rate; /* (first_members) of the trials */
    int *ranked;                    /* (first_members) ascending by value */
    int n_archived, archive_rows;
    double *archive; /* (archive_rows, n_dimensions) parents that a trial has beaten */
    uint32_t n_evicted;
    flx_success_memory memory;
    flx_successes successes;
} flx_lshade;

/* Population where the caller names none. */
int flx_lshade_population(int n_dimensions, int64_t budget);
/* The most that a population of n_members keeps: round(archive_rate * n_members). */
int flx_lshade_archive_cap(const flx_lshade *search, int n_members);
#endif
