/* SPDX-License-Identifier: MIT */
#include "formats/status.h"

#include <stdarg.h>
#include <stdio.h>

const char *flx_status_text(flx_status status)
{
#define FLX_STATUS_TEXT(name, text) [name] = text,
    static const char *const texts[] = {FLX_STATUS_LIST(FLX_STATUS_TEXT)};
#undef FLX_STATUS_TEXT
    size_t count = sizeof texts / sizeof texts[0];
    return (size_t)status < count ? texts[status] : "unknown status";
}

flx_status flx_fail(flx_error *error, flx_status status, const char *format, ...)
{
    if (!error)
        return status;
    error->status = status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}

int flx_exit_code(flx_status status)
{
    return status == FLX_OK ? 0 : status == FLX_BAD_INPUT ? 2 : 1;
}
