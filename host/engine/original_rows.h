/* SPDX-License-Identifier: MIT
 * The rows that a model keeps, read through the graph of the deployment they were
 * measured in: since then services may have been scaled or replaced, and a column of a
 * service that was one instance must not be shared out over the instances of today. */
#ifndef FLX_ORIGINAL_ROWS_H
#define FLX_ORIGINAL_ROWS_H

#include "host/training.h"

typedef struct flx_original_rows flx_original_rows;

/* `model` is borrowed until destroyed. *out is NULL where the model keeps no rows. */
flx_status flx_original_rows_open(const flx_model *model, flx_original_rows **out,
                                  flx_error *error);
void flx_original_rows_close(flx_original_rows *kept); /* NULL is fine */

/* What assignment `a` of the model's graph can learn from them: n = 0 where the rows do
 * not speak of its service, or it read other labels then. A service-vertex learns from
 * another number of instances too, as if today's had done what those did. `kept` may be
 * NULL. Cleared by the caller also after a failure. */
flx_status flx_original_rows_gather(const flx_original_rows *kept, int a,
                                    flx_training_set *set, flx_error *error);
#endif
