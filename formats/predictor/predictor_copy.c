/* SPDX-License-Identifier: MIT */
#include "formats/predictor/predictor.h"

#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

/* A copy of `size` bytes, NULL of none; false when out of memory. */
static bool copy(const void *from, size_t size, void *out)
{
    void *bytes = from && size ? malloc(size) : NULL;
    memcpy(out, &bytes, sizeof bytes);
    if (bytes)
        memcpy(bytes, from, size);
    return bytes || !from || !size;
}

flx_status flx_predictor_copy(const flx_predictor *p, flx_predictor *out,
                              flx_error *error)
{
    size_t n = (size_t)p->n, d = (size_t)p->n_features;
    *out = *p;
    out->features = NULL;
    out->X = out->y = out->theta = out->parameters = NULL;
    out->bytes = NULL;
    if (copy(p->features, d * sizeof *p->features, &out->features) &&
        copy(p->X, n * d * sizeof *p->X, &out->X) &&
        copy(p->y, n * sizeof *p->y, &out->y) &&
        copy(p->theta, (size_t)p->n_theta * sizeof *p->theta, &out->theta) &&
        copy(p->parameters, p->n_parameters * sizeof *p->parameters, &out->parameters) &&
        copy(p->bytes, p->n_bytes, &out->bytes))
        return FLX_OK;
    flx_predictor_clear(out);
    return flx_no_memory(error, "a model of %d points", p->n);
}
