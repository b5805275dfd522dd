/* SPDX-License-Identifier: MIT */
#include "host/kind.h"

const flx_model_kind *flx_model_kind_of(flx_predictor_kind kind)
{
    static const flx_model_kind *const kinds[] = {NULL};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i] && kinds[i]->kind == kind)
            return kinds[i];
    return NULL;
}
