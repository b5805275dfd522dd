/* SPDX-License-Identifier: MIT */
#include "formats/files/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads to the end in growing pieces: the size of a pipe is not known beforehand. */
static flx_status read_all(int file, const char *path, size_t max_bytes, char **out,
                           size_t *length, flx_error *error)
{
    size_t capacity = 65536, used = 0;
    char *text = malloc(capacity + 1);
    while (text) {
        ssize_t got = read(file, text + used, capacity - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(text);
            return flx_fail(error, FLX_IO_FAILED, "%s: cannot be read: %s", path,
                            strerror(errno));
        }
        used += (size_t)got;
        if (used > max_bytes) {
            free(text);
            return flx_fail(error, FLX_BAD_INPUT, "%s: longer than %zu bytes", path,
                            max_bytes);
        }
        if (got == 0) {
            text[used] = '\0';
            *out = text;
            *length = used;
            return FLX_OK;
        }
        if (used == capacity) {
            capacity *= 2;
            char *larger = realloc(text, capacity + 1);
            if (!larger)
                free(text);
            text = larger;
        }
    }
    return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory while reading", path);
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
    return status;
}
