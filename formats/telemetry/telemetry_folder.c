/* SPDX-License-Identifier: MIT
 * The lock is flock on the marker: the kernel gives it back however a writer ends. */
#include "formats/telemetry/telemetry_folder.h"

#include "formats/memory.h"
#include "formats/telemetry/telemetry_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char marker_text[] = "fluxion-store 1\n";

char *flx_segment_path(const char *folder, uint64_t number)
{
    char *path = NULL;
    int length = asprintf(&path, "%s/segment-%010" PRIu64 ".telemetry", folder, number);
    return length < 0 ? NULL : path;
}

/* The number in such a name, or 0. */
static uint64_t number_of(const char *name)
{
    char expected[64];
    uint64_t number = 0;
    if (sscanf(name, "segment-%10" SCNu64, &number) != 1)
        return 0;
    snprintf(expected, sizeof expected, "segment-%010" PRIu64 ".telemetry", number);
    return strcmp(name, expected) == 0 ? number : 0;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static flx_status fail_system(const char *folder, const char *what, flx_error *error)
{
    int cause = errno;
    bool is_call_wrong = cause == ENOENT || cause == ENOTDIR || cause == ENAMETOOLONG;
    return flx_fail(error, is_call_wrong ? FLX_BAD_INPUT : FLX_IO_FAILED, "%s: %s: %s",
                    folder, what, strerror(cause));
}

int flx_flush_folder(const char *folder)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return -1;
    int outcome = fsync(file), cause = errno;
    close(file);
    errno = cause;
    /* Where the file system cannot flush a folder this is no error. */
    return outcome != 0 && cause == EINVAL ? 0 : outcome;
}

static char *inside(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static flx_status make_folder(const char *folder, flx_error *error)
{
    if (mkdir(folder, 0777) == 0) {
        FLX_SCOPED char *parent = inside(folder, "..");
        int outcome = parent ? flx_flush_folder(parent) : -1;
        return outcome == 0 ? FLX_OK : fail_system(folder, "cannot be flushed", error);
    }
    struct stat about;
    if (errno == EEXIST && stat(folder, &about) == 0 && S_ISDIR(about.st_mode))
        return FLX_OK;
    if (errno == EEXIST)
        errno = ENOTDIR;
    return fail_system(folder, "the store cannot be made", error);
}

/* Anything but the marker. */
static bool holds_other_things(const char *folder)
{
    DIR *listing = opendir(folder);
    bool others = false;
    for (struct dirent *entry; listing && !others && (entry = readdir(listing));)
        others = !is_dots(entry->d_name) && strcmp(entry->d_name, FLX_STORE_MARKER) != 0;
    if (listing)
        closedir(listing);
    return others;
}

static flx_status fail_no_store(const char *folder, flx_error *error)
{
    return flx_fail(error, FLX_BAD_INPUT,
                    "%s: this folder is no telemetry store (it has no good %s)", folder,
                    FLX_STORE_MARKER);
}

/* How much of the marker's text stands there; -1 where something else does. */
static int marker_bytes(int file)
{
    char text[sizeof marker_text];
    ssize_t got = pread(file, text, sizeof text, 0);
    if (got < 0 || got > (ssize_t)strlen(marker_text) ||
        memcmp(text, marker_text, (size_t)got) != 0)
        return -1;
    return (int)got;
}

/* A first writer that was killed leaves the marker cut off: it is written again. */
static flx_status complete_marker(const char *folder, int file, flx_error *error)
{
    int got = marker_bytes(file);
    size_t length = strlen(marker_text);
    if (got == (int)length)
        return FLX_OK;
    if (got < 0 || holds_other_things(folder))
        return fail_no_store(folder, error);
    if (pwrite(file, marker_text, length, 0) != (ssize_t)length || fsync(file) != 0 ||
        flx_flush_folder(folder) != 0)
        return fail_system(folder, "the store cannot be made", error);
    return FLX_OK;
}

static flx_status lock_marker(const char *folder, int file, flx_error *error)
{
    if (flock(file, LOCK_EX | LOCK_NB) == 0)
        return complete_marker(folder, file, error);
    if (errno == EWOULDBLOCK)
        return flx_fail(error, FLX_IO_FAILED,
                        "%s: another process is writing to this store: wait until it has "
                        "ended, or use a second store",
                        folder);
    return fail_system(folder, "cannot be locked", error);
}

flx_status flx_store_claim(const char *folder, int *lock, flx_error *error)
{
    *lock = -1;
    FLX_TRY(make_folder(folder, error));
    FLX_SCOPED char *path = inside(folder, FLX_STORE_MARKER);
    if (!path)
        return flx_no_memory(error, "%s", folder);
    int file = open(path, O_RDWR | O_CLOEXEC);
    bool is_new = file < 0 && errno == ENOENT;
    flx_status status = FLX_OK;
    if (is_new && holds_other_things(folder))
        status = fail_no_store(folder, error);
    else if (is_new)
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (status == FLX_OK && file < 0)
        status = fail_system(folder, "cannot be written", error);
    if (status == FLX_OK)
        status = lock_marker(folder, file, error);
    if (status == FLX_OK)
        *lock = file;
    else if (file >= 0)
        close(file);
    return status;
}

flx_status flx_store_check(const char *folder, flx_error *error)
{
    struct stat about;
    if (stat(folder, &about) != 0)
        return fail_system(folder, "the store cannot be read", error);
    FLX_SCOPED char *path = inside(folder, FLX_STORE_MARKER);
    if (!path)
        return flx_no_memory(error, "%s", folder);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool is_store = file >= 0 && marker_bytes(file) == (int)strlen(marker_text);
    if (file >= 0)
        close(file);
    return is_store ? FLX_OK : fail_no_store(folder, error);
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = ((const flx_segment_state *)a)->number;
    uint64_t y = ((const flx_segment_state *)b)->number;
    return (x > y) - (x < y);
}

flx_status flx_store_list(const char *folder, flx_segment_state **out, int *count,
                          flx_error *error)
{
    *out = NULL;
    *count = 0;
    DIR *listing = opendir(folder);
    if (!listing)
        return fail_system(folder, "cannot be listed", error);
    size_t room = 0;
    bool is_whole = true;
    for (struct dirent *entry; is_whole && (entry = readdir(listing));) {
        uint64_t number = number_of(entry->d_name);
        is_whole = FLX_GROW(*out, room, *count + 1);
        if (is_whole && number > 0)
            (*out)[(*count)++] = (flx_segment_state){.number = number};
    }
    closedir(listing);
    if (!is_whole) {
        free(*out);
        *out = NULL;
        return flx_no_memory(error, "the segments of %s", folder);
    }
    if (*count > 0)
        qsort(*out, (size_t)*count, sizeof **out, compare_numbers);
    return FLX_OK;
}
