/* SPDX-License-Identifier: MIT
 * Backends by name. */
#include "kernels/backend.h"

#include "formats/memory.h"
#include "kernels/cpu/cpu.h"
#include "kernels/plugin.h"

#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flx_status open_cpu(int threads, flx_backend **out, flx_error *error)
{
    flx_backend *backend;
    if (!FLX_NEW(backend, 1))
        return flx_no_memory(error, "the cpu backend");
    const flx_panel_kernels *kernels = flx_panel_choose();
    backend->name = "cpu";
    backend->threads = backend->predict_streams = threads;
    backend->operations = &flx_cpu_operations;
    backend->state = (void *)(uintptr_t)kernels;
    snprintf(backend->description, sizeof backend->description, "%s, %d thread%s",
             kernels->name, threads, threads == 1 ? "" : "s");
    *out = backend;
    return FLX_OK;
}

/* No device is the usual case and goes without saying; one that does not work does not.
 */
static flx_status open_fastest(int threads, flx_backend **out, flx_error *error)
{
    flx_error trouble = {0};
    flx_status status = flx_plugin_open("cuda", threads, out, &trouble);
    if (status == FLX_OK)
        return FLX_OK;
    FLX_TRY(open_cpu(threads, out, error));
    char *description = (*out)->description;
    size_t used = strlen(description), left = sizeof(*out)->description - used;
    if (status != FLX_NO_BACKEND)
        snprintf(description + used, left, "; %.180s", trouble.message);
    return FLX_OK;
}

flx_status flx_backend_open(const char *name, int threads, flx_backend **out,
                            flx_error *error)
{
    *out = NULL;
    if (threads < 0)
        return flx_fail(error, FLX_BAD_INPUT, "%d threads: give 1 or more, or 0 for all",
                        threads);
    if (threads == 0)
        threads = omp_get_num_procs();
    if (strcmp(name, "auto") == 0)
        return open_fastest(threads, out, error);
    if (strcmp(name, "cpu") == 0)
        return open_cpu(threads, out, error);
    if (strcmp(name, "cuda") == 0)
        return flx_plugin_open("cuda", threads, out, error);
    return flx_fail(error, FLX_BAD_INPUT,
                    "no backend is called \"%s\": auto, cpu or cuda", name);
}

void flx_backend_close(flx_backend *backend)
{
    if (backend)
        backend->operations->close(backend);
}
