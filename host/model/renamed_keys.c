/* SPDX-License-Identifier: MIT */
#include "host/model/renamed_keys.h"

#include <string.h>

static const char *const renamed[][2] = {{"ensemble", "mixture"},
                                         {"fit_key", "cause"},
                                         {"selected_inputs", "readings"},
                                         {"warnings", "notes"}};
enum { RENAMED = sizeof renamed / sizeof *renamed };

const char *flx_key_in(const json_t *object, const char *key)
{
    for (int i = 0; i < RENAMED && !json_object_get(object, key); i++)
        if (strcmp(renamed[i][0], key) == 0 && json_object_get(object, renamed[i][1]))
            return renamed[i][1];
    return key;
}

void flx_restore_old_keys(json_t *document)
{
    const char *key;
    json_t *value;
    size_t index;
    json_array_foreach(document, index, value)
        flx_restore_old_keys(value);
    json_object_foreach(document, key, value)
        flx_restore_old_keys(value);
    for (int i = 0; i < RENAMED; i++) {
        value = json_object_get(document, renamed[i][0]);
        if (!value)
            continue;
        json_object_set(document, renamed[i][1], value);
        json_object_del(document, renamed[i][0]);
    }
}
