/* SPDX-License-Identifier: MIT */
#include "kernels/cuda/memory/libraries.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* The version that this was compiled for: another one need not have the same prototypes.
 */
static flx_status open_library(const char *name, int version, void **out,
                               flx_error *error)
{
    char file[64];
    snprintf(file, sizeof file, "lib%s.so.%d", name, version);
    *out = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
    if (*out)
        return FLX_OK;
    const char *why = dlerror(); /* it may be found, and one that it needs be missing */
    return flx_fail(error, FLX_DEVICE_FAILED,
                    "cuda: %s, which a CUDA toolkit has, cannot be loaded (%s): put its "
                    "folder into LD_LIBRARY_PATH",
                    file, why ? why : "no reason given");
}

static flx_status find(void *library, const char *name, void *function, flx_error *error)
{
    void *address = dlsym(library, name);
    if (!address)
        return flx_fail(error, FLX_DEVICE_FAILED, "cuda: the library has no %s", name);
    memcpy(function, &address, sizeof address);
    return FLX_OK;
}

flx_status flx_cuda_libraries_load(flx_cuda_libraries *out, flx_error *error)
{
    void *blas, *solver;
    FLX_TRY(open_library("cublas", CUBLAS_VER_MAJOR, &blas, error));
    FLX_TRY(open_library("cusolver", CUSOLVER_VER_MAJOR, &solver, error));
#define FIND_IN_BLAS(name)   FLX_TRY(find(blas, #name, &out->name##_, error));
#define FIND_IN_SOLVER(name) FLX_TRY(find(solver, #name, &out->name##_, error));
    FLX_CUBLAS_CALLS(FIND_IN_BLAS)
    FLX_CUSOLVER_CALLS(FIND_IN_SOLVER)
#undef FIND_IN_BLAS
#undef FIND_IN_SOLVER
    return FLX_OK;
}
