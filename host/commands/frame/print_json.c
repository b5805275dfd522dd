/* SPDX-License-Identifier: MIT
 * The whole document is made before the first byte is written: a document that cannot be
 * made leaves standard output empty. */
#include "host/commands/frame/command.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* 15 digits: enough to tell any two results apart, and 0.9 stays 0.9. */
flx_status flx_print_json(struct json_t *document, flx_error *error)
{
    size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(15);
    char *text = document ? json_dumps(document, flags) : NULL;
    json_decref(document);
    if (!text)
        return flx_fail(
            error, FLX_NUMERIC,
            "the JSON answer could not be made: out of memory, a number that is "
            "not finite, or a name that is not UTF-8");
    bool is_written = puts(text) >= 0 && fflush(stdout) == 0;
    free(text);
    if (!is_written)
        return flx_fail(error, FLX_IO_FAILED,
                        "writing the JSON answer to standard output failed");
    return FLX_OK;
}
