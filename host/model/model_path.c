/* SPDX-License-Identifier: MIT */
#include "host/model/model_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *flx_model_file(const char *folder, const char *name)
{
    size_t length = strlen(folder);
    const char *slash = length && folder[length - 1] == '/' ? "" : "/";
    char *path = NULL;
    return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? NULL : path;
}

char *flx_model_predictor_file(const char *folder, const char *digest)
{
    char *name = NULL;
    if (asprintf(&name, "models/%s.h5", digest) < 0)
        return NULL;
    char *path = flx_model_file(folder, name);
    free(name);
    return path;
}
