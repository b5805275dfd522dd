/* SPDX-License-Identifier: MIT
 * mkstemp or mkdtemp beside the name, fsync, rename, fsync of the folder. An older
 * folder is exchanged with the new one in a single step where the file system can do
 * that (RENAME_EXCHANGE), else it is moved aside for a moment. */
#include "formats/files/output.h"

#include "formats/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum { RENAMED_FILE, RENAMED_FOLDER, COPIED_FILE } output_kind;

struct flx_output {
    output_kind kind;
    char *given;  /* the name as the user gave it, for messages */
    char *target; /* where it is to appear, links resolved */
    char *temporary;
    FILE *stream;
};

static void release(flx_output *output)
{
    if (!output)
        return;
    if (output->stream)
        fclose(output->stream);
    free(output->given);
    free(output->target);
    free(output->temporary);
    free(output);
}

static flx_status fail_system(const flx_output *output, const char *what, int cause,
                              flx_error *error)
{
    return flx_fail(error, FLX_IO_FAILED, "%s: %s: %s", output->given, what,
                    cause ? strerror(cause) : "is the disk full?");
}

/* "a/b" gives "a/", "b" gives "" (lengths only). */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static char *without_trailing_slashes(const char *path)
{
    char *copy = strdup(path);
    for (size_t n = copy ? strlen(copy) : 0; n > 1 && copy[n - 1] == '/'; n--)
        copy[n - 1] = '\0';
    return copy;
}

static flx_output *prepare(const char *path, output_kind kind)
{
    flx_output *output;
    if (!FLX_NEW(output, 1))
        return NULL;
    output->kind = kind;
    output->given = strdup(path);
    output->target = realpath(path, NULL);
    if (!output->target)
        output->target = without_trailing_slashes(path);
    if (output->given && output->target)
        return output;
    release(output);
    return NULL;
}

/* The hidden name of the temporary file or folder: ".NAME.XXXXXX" beside the name, or
 * in TMPDIR where the name is a device. */
static char *temporary_template(const flx_output *output)
{
    const char *base = output->target + folder_length(output->target);
    const char *folder = getenv("TMPDIR");
    char *text = NULL;
    int wrote;
    if (output->kind == COPIED_FILE)
        wrote = asprintf(&text, "%s/.%.100s.XXXXXX", folder ? folder : "/tmp", base);
    else
        wrote = asprintf(&text, "%.*s.%.200s.XXXXXX", (int)(base - output->target),
                         output->target, base);
    return wrote < 0 ? NULL : text;
}

/* mkstemp and mkdtemp make files for the owner only; give what open() would have given.
 */
static void open_permissions(const char *path, mode_t all)
{
    mode_t mask = umask(0);
    umask(mask);
    if (chmod(path, all & ~mask) != 0)
        errno = 0; /* a file system without permissions is no reason to stop */
}

static flx_status make_temporary(flx_output *output, flx_error *error)
{
    output->temporary = temporary_template(output);
    if (!output->temporary)
        return flx_no_memory(error, "%s", output->given);
    bool is_made;
    if (output->kind == RENAMED_FOLDER) {
        is_made = mkdtemp(output->temporary) != NULL;
    } else {
        int file = mkstemp(output->temporary);
        is_made = file >= 0;
        if (is_made)
            close(file);
    }
    if (!is_made) {
        int cause = errno;
        bool is_call_wrong = cause == ENOENT || cause == ENOTDIR || cause == ENAMETOOLONG;
        return flx_fail(error, is_call_wrong ? FLX_BAD_INPUT : FLX_IO_FAILED,
                        "%s: cannot be created: %s", output->given, strerror(cause));
    }
    open_permissions(output->temporary, output->kind == RENAMED_FOLDER ? 0777 : 0666);
    return FLX_OK;
}

static flx_status begin(flx_output *output, flx_output **out, flx_error *error)
{
    flx_status status = make_temporary(output, error);
    if (status == FLX_OK)
        *out = output;
    else
        release(output);
    return status;
}

flx_status flx_output_begin(const char *path, flx_output **out, flx_error *error)
{
    *out = NULL;
    struct stat about;
    bool exists = stat(path, &about) == 0;
    size_t length = strlen(path);
    if (length == 0 || path[length - 1] == '/' || (exists && S_ISDIR(about.st_mode)))
        return flx_fail(error, FLX_BAD_INPUT,
                        "\"%s\": the output must be the name of a file, not of a folder",
                        path);
    bool is_device = exists && !S_ISREG(about.st_mode);
    flx_output *output = prepare(path, is_device ? COPIED_FILE : RENAMED_FILE);
    if (!output)
        return flx_no_memory(error, "%s", path);
    return begin(output, out, error);
}

static bool holds_file(const char *path, const char *name)
{
    FLX_SCOPED char *inside = NULL;
    return asprintf(&inside, "%s/%s", path, name) >= 0 && access(inside, F_OK) == 0;
}

static bool is_empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    bool is_empty = true;
    for (struct dirent *entry; is_empty && (entry = readdir(folder));)
        is_empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(folder);
    return is_empty;
}

flx_status flx_output_begin_directory(const char *path, const char *marker,
                                      flx_output **out, flx_error *error)
{
    *out = NULL;
    struct stat about;
    bool exists = stat(path, &about) == 0;
    if (path[0] == '\0' || (exists && !S_ISDIR(about.st_mode)))
        return flx_fail(error, FLX_BAD_INPUT,
                        "\"%s\": the output must be the name of a folder", path);
    if (exists && !holds_file(path, marker) && !is_empty_folder(path))
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: this folder holds other things (no %s) and is not replaced",
                        path, marker);
    flx_output *output = prepare(path, RENAMED_FOLDER);
    if (!output)
        return flx_no_memory(error, "%s", path);
    return begin(output, out, error);
}

const char *flx_output_path(const flx_output *output)
{
    return output->temporary;
}

FILE *flx_output_stream(flx_output *output)
{
    if (!output->stream)
        output->stream = fopen(output->temporary, "wbe");
    return output->stream;
}

static int remove_entry(const char *path, const struct stat *about, int type,
                        struct FTW *where)
{
    (void)about, (void)type, (void)where;
    return remove(path) == 0 ? 0 : -1;
}

static void remove_tree(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void flx_output_abandon(flx_output *output)
{
    if (!output)
        return;
    if (output->stream) {
        fclose(output->stream);
        output->stream = NULL;
    }
    remove_tree(output->temporary);
    release(output);
}

/* 0, or -1 with errno. Where the file system cannot flush (EINVAL) this is no error. */
static int flush_path(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    int outcome = fsync(file);
    int cause = errno;
    close(file);
    errno = cause;
    return outcome != 0 && cause == EINVAL ? 0 : outcome;
}

static int flush_entry(const char *path, const struct stat *about, int type,
                       struct FTW *where)
{
    (void)where, (void)type;
    return S_ISREG(about->st_mode) || S_ISDIR(about->st_mode) ? flush_path(path) : 0;
}

static int flush_folder_of(const char *path)
{
    size_t length = folder_length(path);
    FLX_SCOPED char *folder = length ? strndup(path, length) : strdup(".");
    return folder ? flush_path(folder) : -1;
}

static int replace_folder(const char *from, const char *to)
{
    if (rename(from, to) == 0)
        return 0; /* nothing was there, or an empty folder */
    if (errno != ENOTEMPTY && errno != EEXIST)
        return -1;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0) {
        remove_tree(from);
        return 0;
    }
    FLX_SCOPED char *aside = NULL;
    if (asprintf(&aside, "%s.old", from) < 0)
        return -1;
    int outcome = rename(to, aside);
    if (outcome == 0 && (outcome = rename(from, to)) != 0) {
        int cause = errno;
        if (rename(aside, to) != 0)
            cause = errno;
        errno = cause;
    } else if (outcome == 0) {
        remove_tree(aside);
    }
    return outcome;
}

/* Copies the temporary file into a device or pipe. */
static int copy_file(const char *from, const char *to)
{
    FILE *source = fopen(from, "rbe"), *sink = source ? fopen(to, "wbe") : NULL;
    int outcome = sink ? 0 : -1, cause = errno;
    char piece[16384];
    size_t got;
    errno = 0;
    while (outcome == 0 && (got = fread(piece, 1, sizeof piece, source)) > 0)
        if (fwrite(piece, 1, got, sink) != got)
            outcome = -1;
    if (outcome == 0 && ferror(source))
        outcome = -1;
    cause = errno ? errno : cause;
    if (sink && fclose(sink) != 0 && outcome == 0) {
        outcome = -1;
        cause = errno;
    }
    if (source)
        fclose(source);
    errno = cause;
    return outcome;
}

static int close_stream(flx_output *output)
{
    FILE *stream = output->stream;
    output->stream = NULL;
    if (!stream)
        return 0;
    bool is_broken = ferror(stream);
    if (fclose(stream) != 0)
        return -1;
    errno = 0; /* errno is of a later call by now */
    return is_broken ? -1 : 0;
}

static int put_in_place(const flx_output *output)
{
    switch (output->kind) {
    case COPIED_FILE:
        return copy_file(output->temporary, output->given);
    case RENAMED_FILE:
        if (flush_path(output->temporary) != 0)
            return -1;
        return rename(output->temporary, output->target);
    default:
        if (nftw(output->temporary, flush_entry, 16, FTW_PHYS) != 0)
            return -1;
        return replace_folder(output->temporary, output->target);
    }
}

flx_status flx_output_commit(flx_output *output, flx_error *error)
{
    if (close_stream(output) != 0 || put_in_place(output) != 0) {
        flx_status status = fail_system(output, "cannot be written", errno, error);
        flx_output_abandon(output);
        return status;
    }
    flx_status status = FLX_OK;
    if (output->kind == COPIED_FILE)
        remove_tree(output->temporary);
    else if (flush_folder_of(output->target) != 0)
        status = fail_system(output, "its folder cannot be flushed", errno, error);
    release(output);
    return status;
}

flx_status flx_output_write(const char *path, const void *bytes, size_t length,
                            flx_error *error)
{
    flx_output *output;
    FLX_TRY(flx_output_begin(path, &output, error));
    FILE *stream = flx_output_stream(output);
    if (!stream || fwrite(bytes, 1, length, stream) != length) {
        flx_status status = fail_system(output, "cannot be written", errno, error);
        flx_output_abandon(output);
        return status;
    }
    return flx_output_commit(output, error);
}
