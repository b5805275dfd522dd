/* SPDX-License-Identifier: MIT
 * The CPU backend: OpenMP over members, largest first, one thread a member; panel kernels
 * inside. Private to kernels/cpu. */
#ifndef FLX_CPU_H
#define FLX_CPU_H

#include "kernels/backend.h"
#include "kernels/cpu/panel/panel.h"

extern const struct flx_backend_operations flx_cpu_operations;

/* 64-byte aligned, or NULL. Freed with free(). */
double *flx_cpu_allocate(size_t doubles);

/* Pads, centres and packs one problem. Owns one block of memory, in X. */
flx_status flx_cpu_pack(const flx_gp_problem *problem, int width, flx_panel_data *data,
                        flx_error *error);
void flx_cpu_unpack(flx_panel_data *data);

/* One scratch block for every thread, each large enough for any of the members. */
typedef struct {
    int threads;
    size_t stride; /* doubles of one thread */
    double *memory;
} flx_cpu_arena;
flx_status flx_cpu_arena_create(const flx_panel_kernels *kernels, int threads,
                                const flx_panel_data *data, int count,
                                flx_cpu_arena *arena, flx_error *error);

flx_status flx_cpu_batch_create(flx_backend *backend, const flx_gp_problem *problems,
                                int count, flx_gp_batch **out, flx_error *error);
flx_status flx_cpu_evaluate(flx_gp_batch *batch, flx_gp_evaluation *evaluations,
                            int count, flx_error *error);
void flx_cpu_batch_release(flx_gp_batch *batch);

flx_status flx_cpu_condition(flx_backend *backend, flx_gp_condition *members, int count,
                             flx_gp_posterior **out, flx_error *error);
flx_status flx_cpu_predict(const flx_gp_posterior *posterior, flx_gp_query *queries,
                           int count, flx_error *error);
void flx_cpu_posterior_release(flx_gp_posterior *posterior);

flx_status flx_cpu_weighting_create(flx_backend *backend,
                                    const flx_weighting_problem *problems, int count,
                                    flx_weighting_set **out, flx_error *error);
flx_status flx_cpu_weighting_losses(flx_weighting_set *set,
                                    const flx_weighting_query *queries, int count,
                                    flx_error *error);
void flx_cpu_weighting_release(flx_weighting_set *set);

flx_status flx_cpu_multiply(flx_backend *backend, const flx_product *products, int count,
                            flx_error *error);
#endif
