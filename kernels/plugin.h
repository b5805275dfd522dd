/* SPDX-License-Identifier: MIT
 * Backends in libraries of their own, opened when they are needed, so that the program
 * starts fast and needs no driver. */
#ifndef FLX_PLUGIN_H
#define FLX_PLUGIN_H

#include "kernels/backend.h"

/* Raised whenever backend.h changes: a library of another one is refused. */
enum { FLX_BACKEND_CONTRACT = 6 };

/* What a library exports as flx_NAME_plugin. */
typedef struct {
    int contract;
    flx_status (*open)(int threads, flx_backend **out, flx_error *error);
} flx_plugin;

/* Opens the backend `name` (as "cuda") from libfluxion_NAME.so: the file that the
 * environment variable FLUXION_NAME_PLUGIN names, else beside the program, else where
 * libraries are installed. FLX_NO_BACKEND where there is no library or no device; other
 * statuses where there is one that does not work. The library stays loaded. */
flx_status flx_plugin_open(const char *name, int threads, flx_backend **out,
                           flx_error *error);
#endif
