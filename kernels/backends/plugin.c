/* SPDX-License-Identifier: MIT */
#include "kernels/plugin.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

/* The file that FLUXION_NAME_PLUGIN names, or NULL. */
static const char *named_file(const char *name)
{
    char variable[64];
    snprintf(variable, sizeof variable, "FLUXION_%s_PLUGIN", name);
    for (char *c = variable; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    const char *file = getenv(variable);
    return file && *file ? file : NULL;
}

/* The folder of the running program, without a slash at its end; "." where unknown. */
static void program_folder(char *out)
{
    ssize_t length = readlink("/proc/self/exe", out, PATH_SIZE - 1);
    out[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
    else
        strcpy(out, ".");
}

/* dlopen in the places of plugin.h; `found` says whether a file was there at all. */
static void *open_beside(const char *name, bool *found)
{
    static const char *const folders[] = {"", "/../" FLX_LIBRARY_FOLDER};
    char program[PATH_SIZE], file[PATH_SIZE + 128];
    program_folder(program);
    *found = false;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(file, sizeof file, "%s%s/libfluxion_%s.so", program, folders[i], name);
        if (access(file, R_OK) == 0) {
            *found = true;
            return dlopen(file, RTLD_NOW | RTLD_LOCAL);
        }
    }
    return NULL;
}

static const flx_plugin *find_plugin(void *library, const char *name)
{
    char symbol[64];
    snprintf(symbol, sizeof symbol, "flx_%s_plugin", name);
    return dlsym(library, symbol);
}

flx_status flx_plugin_open(const char *name, int threads, flx_backend **out,
                           flx_error *error)
{
    *out = NULL;
    const char *file = named_file(name);
    bool found = file != NULL;
    void *library =
        file ? dlopen(file, RTLD_NOW | RTLD_LOCAL) : open_beside(name, &found);
    if (!found)
        return flx_fail(
            error, FLX_NO_BACKEND,
            "no device (libfluxion_%s.so is not beside the program: it is built "
            "where nvcc is found): use --backend cpu",
            name);
    if (!library)
        return flx_fail(error, FLX_DEVICE_FAILED, "%s: the backend cannot be loaded: %s",
                        name, dlerror());
    const flx_plugin *plugin = find_plugin(library, name);
    if (!plugin || plugin->contract != FLX_BACKEND_CONTRACT)
        return flx_fail(error, FLX_DEVICE_FAILED,
                        "%s: the backend's library is not of this version of fluxion",
                        name);
    return plugin->open(threads, out, error);
}
