/* SPDX-License-Identifier: MIT
 * libhdf5 is not made for hostile files: some damaged bytes make it crash. So a child
 * process reads the file and sends the table through a pipe. A crash ends the child
 * only and is reported as a damaged file. The child uses no thread and leaves by
 * _exit. */
#include "formats/dataset/dataset_file.h"

#include "formats/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_TEXT = 1 << 17, LEAST_CPU_S = 10, BYTES_PER_CPU_S = 1 << 18 };

/* One description of the format serves both ends: `pass` writes in the child and reads in
 * the parent. */
typedef struct {
    FILE *stream;
    bool is_reading, has_failed;
} channel;

static void pass(channel *c, void *data, size_t size)
{
    if (c->has_failed || size == 0)
        return;
    size_t passed = c->is_reading ? fread(data, 1, size, c->stream)
                                  : fwrite(data, 1, size, c->stream);
    c->has_failed = passed != size;
}

static void pass_text(channel *c, char **text)
{
    uint32_t length = c->is_reading ? 0 : (uint32_t)strlen(*text);
    pass(c, &length, sizeof length);
    if (c->is_reading) {
        free(*text);
        *text = length < MAX_TEXT ? flx_allocate(length + 1, 1) : NULL;
        c->has_failed |= !*text;
    }
    pass(c, *text, length);
}

/* An array with one entry a row, or none; returns it. */
static void *pass_per_row(channel *c, void *array, size_t size, int rows)
{
    bool is_given = array != NULL;
    pass(c, &is_given, sizeof is_given);
    if (!is_given || c->has_failed)
        return array;
    if (c->is_reading && !(array = malloc(size * (size_t)rows)))
        c->has_failed = true;
    pass(c, array, size * (size_t)rows);
    return array;
}

static void pass_table(channel *c, flx_dataset *table)
{
    size_t cells = (size_t)table->rows * (size_t)table->n_columns;
    pass(c, table->values, cells * sizeof *table->values);
    for (int j = 0; j < table->n_columns && !c->has_failed; j++) {
        pass_text(c, &table->columns[j].name);
        pass(c, &table->columns[j].kind, sizeof table->columns[j].kind);
        pass_text(c, &table->columns[j].unit);
    }
    table->time = pass_per_row(c, table->time, sizeof *table->time, table->rows);
    table->step = pass_per_row(c, table->step, sizeof *table->step, table->rows);
    table->group = pass_per_row(c, table->group, sizeof *table->group, table->rows);
    pass_text(c, &table->system);
    pass_text(c, &table->source);
    pass_text(c, &table->created);
    pass(c, &table->simulated, sizeof table->simulated);
    pass(c, &table->counted_services, sizeof table->counted_services);
    pass(c, &table->counted_inputs, sizeof table->counted_inputs);
}

/* A damaged file can also make libhdf5 loop without end. */
static void limit_child(const char *path)
{
    struct stat about;
    rlim_t seconds = LEAST_CPU_S;
    if (stat(path, &about) == 0)
        seconds += (rlim_t)(about.st_size / BYTES_PER_CPU_S);
    struct rlimit time = {seconds, seconds}, core = {0, 0};
    setrlimit(RLIMIT_CPU, &time);
    setrlimit(RLIMIT_CORE, &core);
    int quiet = open("/dev/null", O_WRONLY);
    if (quiet >= 0)
        dup2(quiet, STDERR_FILENO); /* what the C library prints when it aborts is not
                                       part of our one line */
}

static _Noreturn void run_child(const char *path, int sink)
{
    flx_error error = {0};
    flx_dataset *table = NULL;
    limit_child(path);
    flx_status status = flx_dataset_read_here(path, &table, &error);
    channel c = {.stream = fdopen(sink, "wb")};
    if (!c.stream)
        _exit(1);
    pass(&c, &status, sizeof status);
    if (status == FLX_OK) {
        pass(&c, &table->rows, sizeof table->rows);
        pass(&c, &table->n_columns, sizeof table->n_columns);
        pass_table(&c, table);
    } else {
        pass(&c, error.message, sizeof error.message);
    }
    _exit(fclose(c.stream) == 0 && !c.has_failed ? 0 : 1);
}

/* FLX_OK with *out = NULL: the child ended before it had said all. */
static flx_status receive(channel *c, flx_dataset **out, flx_error *error)
{
    flx_status status = FLX_OK;
    int rows = 0, n_columns = 0;
    pass(c, &status, sizeof status);
    if (!c->has_failed && status != FLX_OK) {
        char message[sizeof error->message] = "";
        pass(c, message, sizeof message);
        message[sizeof message - 1] = '\0';
        return flx_fail(error, status, "%s", message);
    }
    pass(c, &rows, sizeof rows);
    pass(c, &n_columns, sizeof n_columns);
    if (c->has_failed)
        return FLX_OK;
    FLX_TRY(flx_dataset_create(rows, n_columns, out, error));
    pass_table(c, *out);
    if (c->has_failed) {
        flx_dataset_destroy(*out);
        *out = NULL;
    }
    return FLX_OK;
}

static flx_status read_from(int source, pid_t child, const char *path, flx_dataset **out,
                            flx_error *error)
{
    channel c = {.stream = fdopen(source, "rb"), .is_reading = true};
    flx_status status = FLX_OK;
    if (c.stream) {
        status = receive(&c, out, error);
        fclose(c.stream); /* a child that is still writing gets SIGPIPE */
    } else {
        close(source);
    }
    int outcome = 0;
    while (waitpid(child, &outcome, 0) < 0 && errno == EINTR)
        continue;
    if (status != FLX_OK || *out)
        return status;
    if (outcome == 0)
        return flx_no_memory(error, "the table of %s", path);
    return flx_fail(error, FLX_BAD_INPUT,
                    "%s: is damaged: the HDF5 library failed on it (%s)", path,
                    WIFSIGNALED(outcome) ? strsignal(WTERMSIG(outcome)) : "it gave up");
}

/* Later errors about the table can name the file. */
static flx_status keep_path(const char *path, flx_dataset **table, flx_error *error)
{
    flx_status status = flx_copy_text(path, &(*table)->path, error);
    if (status != FLX_OK) {
        flx_dataset_destroy(*table);
        *table = NULL;
    }
    return status;
}

flx_status flx_dataset_read(const char *path, flx_dataset **out, flx_error *error)
{
    *out = NULL;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return flx_fail(error, FLX_IO_FAILED, "%s: no pipe to read it through: %s", path,
                        strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(path, ends[1]);
    }
    close(ends[1]);
    if (child > 0) {
        FLX_TRY(read_from(ends[0], child, path, out, error));
        return keep_path(path, out, error);
    }
    flx_status status = flx_fail(error, FLX_IO_FAILED, "%s: no process to read it in: %s",
                                 path, strerror(errno));
    close(ends[0]);
    return status;
}
