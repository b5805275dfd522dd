/* SPDX-License-Identifier: MIT */
#include "experiments/simulator/find_system.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDERS = 3 };

/* From the folder of the program: installed, and built in a folder of the sources. */
static const char *const beside_program[] = {FLX_CONFIGS_FROM_PROGRAM, "../configs"};

static bool is_path(const char *name)
{
    size_t length = strlen(name);
    return strchr(name, '/') || (length > 5 && strcmp(name + length - 5, ".json") == 0);
}

/* The folder of this program, without a trailing '/'; symbolic links are followed. */
static bool find_program(char folder[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (length <= 0)
        return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return slash;
}

/* Folders that may hold the systems, the first one first. */
static int list_folders(char folders[FOLDERS][PATH_MAX])
{
    const char *chosen = getenv("FLUXION_CONFIGS");
    char program[PATH_MAX], joined[2 * PATH_MAX];
    int count = 0;
    if (chosen && *chosen) {
        snprintf(folders[0], PATH_MAX, "%s", chosen);
        return 1;
    }
    for (int i = 0; i < FOLDERS - 1 && find_program(program); i++) {
        snprintf(joined, sizeof joined, "%s/%s", program, beside_program[i]);
        if (!realpath(joined, folders[count]))
            snprintf(folders[count], PATH_MAX, "%.*s", PATH_MAX - 1, joined);
        count += strcmp(folders[count], FLX_SOURCE_CONFIGS) != 0;
    }
    snprintf(folders[count++], PATH_MAX, "%s", FLX_SOURCE_CONFIGS);
    return count;
}

static flx_status fail_unknown(const char *name, char folders[][PATH_MAX], int count,
                               flx_error *error)
{
    char looked[FOLDERS * (PATH_MAX + 4)] = "";
    for (int i = 0; i < count; i++) {
        strcat(looked, i == 0 ? "" : i + 1 < count ? ", " : " or ");
        strcat(looked, folders[i]);
    }
    return flx_fail(
        error, FLX_BAD_INPUT,
        "no system '%s' in %s: give hotel, boutique, trainticket or FILE.json, "
        "or set FLUXION_CONFIGS to the folder that holds %s/system.json",
        name, looked, name);
}

flx_status flx_find_system(const char *name, char *path, size_t size, flx_error *error)
{
    char folders[FOLDERS][PATH_MAX];
    if (is_path(name)) {
        if ((size_t)snprintf(path, size, "%s", name) < size)
            return FLX_OK;
        return flx_fail(error, FLX_BAD_INPUT, "the name of the system is too long");
    }
    int count = list_folders(folders);
    for (int i = 0; i < count; i++) {
        int length = snprintf(path, size, "%s/%s/system.json", folders[i], name);
        if (length > 0 && (size_t)length < size && access(path, R_OK) == 0)
            return FLX_OK;
    }
    return fail_unknown(name, folders, count, error);
}
