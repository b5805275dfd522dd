/* SPDX-License-Identifier: MIT */
#include "formats/files/text_file.h"

#include "formats/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads to the end in growing pieces: the size of a pipe is not known beforehand. */
static flx_status read_all(int file, const char *path, size_t max_bytes, char **text,
                           size_t *length, flx_error *error)
{
    size_t room = 0, piece = 65536;
    for (;;) {
        if (!FLX_GROW(*text, room, *length + piece + 1))
            return flx_no_memory(error, "the text of %s", path);
        ssize_t got = read(file, *text + *length, piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return flx_fail(error, FLX_IO_FAILED, "%s: cannot be read: %s", path,
                            strerror(errno));
        *length += (size_t)got;
        (*text)[*length] = '\0';
        if (*length > max_bytes)
            return flx_fail(error, FLX_BAD_INPUT, "%s: longer than %zu bytes", path,
                            max_bytes);
        if (got == 0)
            return FLX_OK;
    }
}

flx_status flx_text_file_read(const char *path, size_t max_bytes, char **out,
                              size_t *length, flx_error *error)
{
    *out = NULL;
    *length = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return flx_fail(error, FLX_BAD_INPUT, "%s: cannot be opened: %s", path,
                        strerror(errno));
    struct stat about;
    flx_status status;
    if (fstat(file, &about) == 0 && S_ISDIR(about.st_mode))
        status =
            flx_fail(error, FLX_BAD_INPUT, "%s: is a folder, a file was expected", path);
    else
        status = read_all(file, path, max_bytes, out, length, error);
    close(file);
    if (status != FLX_OK) {
        free(*out);
        *out = NULL;
        *length = 0;
    }
    return status;
}
