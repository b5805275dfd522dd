/* SPDX-License-Identifier: MIT
 * Reader for comma-separated text. Method: decompress the file into one block, then walk
 * it once, ending every field with a NUL where its delimiter stood; a quoted field is
 * unescaped onto itself, since it can only become shorter. */
#include "formats/files/csv.h"

#include "formats/memory.h"
#include "formats/names.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct {
    const char *path;
    char *at, *end; /* what is left to read; *end is writable */
    int line;       /* of `at`, from 1 */
    char **fields;  /* every field so far, in reading order */
    size_t n_fields, field_room, line_room;
    int *lines;
    int n_rows;
} reader;

static flx_status no_memory(const char *path, flx_error *error)
{
    return flx_no_memory(error, "the rows of %s", path);
}

static flx_status read_all(gzFile file, const char *path, char **text, size_t *length,
                           flx_error *error)
{
    size_t room = 0;
    for (int got = 1; got > 0; *length += got > 0 ? (size_t)got : 0) {
        if (room > FLX_CSV_MAX_BYTES && *length + 1 == room)
            return flx_fail(error, FLX_BAD_INPUT, "%s holds more than %zu bytes of text",
                            path, FLX_CSV_MAX_BYTES);
        /* one more for the last NUL */
        if (*length + 1 >= room && !FLX_GROW(*text, room, room ? room + 1 : 1 << 18))
            return no_memory(path, error);
        size_t left = room - *length - 1;
        got = gzread(file, *text + *length, left > INT_MAX ? INT_MAX : (unsigned)left);
    }
    int code;
    const char *why = gzerror(file, &code);
    if (code == Z_ERRNO)
        return flx_fail(error, FLX_BAD_INPUT, "%s cannot be read: %s", path,
                        strerror(errno));
    if (code != Z_OK && code != Z_STREAM_END)
        return flx_fail(error, FLX_BAD_INPUT, "%s is a damaged gzip file (%s)", path,
                        why);
    return FLX_OK;
}

static flx_status load_text(const char *path, char **text, size_t *length,
                            flx_error *error)
{
    errno = 0;
    gzFile file = gzopen(path, "rb");
    if (!file)
        return flx_fail(
            error, errno == ENOMEM || errno == 0 ? FLX_NO_MEMORY : FLX_BAD_INPUT,
            "%s cannot be opened: %s", path, errno ? strerror(errno) : "no memory left");
    gzbuffer(file, 1u << 17);
    flx_status status = read_all(file, path, text, length, error);
    gzclose(file);
    return status;
}

static flx_status refuse_nul(const char *path, const char *text, size_t length,
                             flx_error *error)
{
    const char *nul = length ? memchr(text, 0, length) : NULL;
    if (!nul)
        return FLX_OK;
    int line = 1;
    for (const char *c = text; c < nul; c++)
        line += *c == '\n';
    return flx_fail(error, FLX_BAD_INPUT,
                    "%s line %d: a NUL byte: this is not a text file", path, line);
}

static flx_status keep_field(reader *r, char *field, flx_error *error)
{
    if (!FLX_GROW(r->fields, r->field_room, r->n_fields + 1))
        return no_memory(r->path, error);
    r->fields[r->n_fields++] = field;
    return FLX_OK;
}

static flx_status keep_line(reader *r, int line, flx_error *error)
{
    if (r->n_rows == INT_MAX)
        return flx_fail(error, FLX_BAD_INPUT, "%s has more than %d rows", r->path,
                        INT_MAX);
    if (!FLX_GROW(r->lines, r->line_room, (size_t)r->n_rows + 1))
        return no_memory(r->path, error);
    r->lines[r->n_rows++] = line;
    return FLX_OK;
}

/* Unescapes the field that begins at the quote; *stop is where its text ends. */
static flx_status cut_quoted(reader *r, char **stop, flx_error *error)
{
    int opened = r->line;
    char *to = ++r->at;
    for (;; r->at++) {
        if (r->at == r->end)
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s line %d: a quoted field is never closed", r->path,
                            opened);
        if (*r->at == '"') {
            if (r->at + 1 == r->end || r->at[1] != '"')
                break;
            r->at++;
        }
        r->line += *r->at == '\n';
        *to++ = *r->at;
    }
    r->at++;
    *stop = to;
    if (r->at < r->end && !strchr(",\r\n", *r->at))
        return flx_fail(error, FLX_BAD_INPUT, "%s line %d: '%c' follows a closing quote",
                        r->path, r->line, *r->at);
    return FLX_OK;
}

static flx_status cut_plain(reader *r, char **stop, flx_error *error)
{
    char *c = r->at;
    while (c < r->end && *c != ',' && *c != '\n' && *c != '\r') {
        if (*c == '"')
            return flx_fail(
                error, FLX_BAD_INPUT,
                "%s line %d: a quote inside a field that does not begin with one",
                r->path, r->line);
        c++;
    }
    r->at = *stop = c;
    return FLX_OK;
}

/* Passes the delimiter; *is_last tells whether the row ends here. */
static void pass_delimiter(reader *r, bool *is_last)
{
    *is_last = r->at == r->end || *r->at != ',';
    if (r->at == r->end)
        return;
    if (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n')
        r->at++;
    r->line += *is_last;
    r->at++;
}

static flx_status read_row(reader *r, int *width, flx_error *error)
{
    bool is_last = false;
    for (*width = 0; !is_last; ++*width) {
        bool is_quoted = r->at < r->end && *r->at == '"';
        char *begin = r->at + is_quoted, *stop = NULL;
        FLX_TRY(is_quoted ? cut_quoted(r, &stop, error) : cut_plain(r, &stop, error));
        if (*width == INT_MAX)
            return flx_fail(error, FLX_BAD_INPUT, "%s line %d: too many fields", r->path,
                            r->line);
        FLX_TRY(keep_field(r, begin, error));
        pass_delimiter(r, &is_last);
        *stop = 0;
    }
    return FLX_OK;
}

/* Empty lines at the end are no rows. */
static char *trim_end(char *begin, char *end)
{
    while (end > begin && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    return end;
}

static flx_status read_rows(reader *r, int n_columns, flx_error *error)
{
    while (r->at < r->end) {
        int line = r->line, width;
        FLX_TRY(read_row(r, &width, error));
        if (width != n_columns)
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s line %d: this row has %d field%s and the header %d",
                            r->path, line, width, width == 1 ? "" : "s", n_columns);
        FLX_TRY(keep_line(r, line, error));
    }
    return FLX_OK;
}

static flx_status copy_names(flx_csv *csv, const char *const *from, int count,
                             flx_error *error)
{
    const char *repeated;
    if (!FLX_NEW(csv->names, count))
        return no_memory(csv->path, error);
    csv->n_columns = count;
    for (int c = 0; c < count; c++)
        FLX_TRY(flx_copy_text(from[c], &csv->names[c], error));
    FLX_TRY(flx_find_repeat(from, (size_t)count, &repeated, error));
    if (repeated)
        return flx_fail(error, FLX_BAD_INPUT, "%s line 1: column \"%.200s\" stands twice",
                        csv->path, repeated);
    return FLX_OK;
}

/* Names come from the first line, which then leaves the list of fields. */
static flx_status take_header(reader *r, flx_csv *csv, flx_error *error)
{
    int width;
    FLX_TRY(read_row(r, &width, error));
    r->n_fields = 0;
    return copy_names(csv, (const char *const *)r->fields, width, error);
}

static flx_status cut_text(flx_csv *csv, size_t length, const char *const *header,
                           int n_header, flx_error *error)
{
    bool has_mark = length >= 3 && memcmp(csv->text, "\xEF\xBB\xBF", 3) == 0;
    reader r = {.path = csv->path, .at = csv->text + (has_mark ? 3 : 0), .line = 1};
    r.end = trim_end(r.at, csv->text + length);
    FLX_TRY(refuse_nul(csv->path, csv->text, length, error));
    if (r.at == r.end)
        return flx_fail(error, FLX_BAD_INPUT, "%s is empty", csv->path);
    flx_status status =
        header ? copy_names(csv, header, n_header, error) : take_header(&r, csv, error);
    if (status == FLX_OK)
        status = read_rows(&r, csv->n_columns, error);
    csv->cells = r.fields;
    csv->lines = r.lines;
    csv->n_rows = r.n_rows;
    return status;
}

flx_status flx_csv_read(const char *path, const char *const *header, int n_header,
                        flx_csv **out, flx_error *error)
{
    *out = NULL;
    flx_csv *csv;
    if (!FLX_NEW(csv, 1))
        return no_memory(path, error);
    size_t length = 0;
    flx_status status = flx_copy_text(path, &csv->path, error);
    if (status == FLX_OK)
        status = load_text(path, &csv->text, &length, error);
    if (status == FLX_OK)
        status = cut_text(csv, length, header, n_header, error);
    if (status != FLX_OK) {
        flx_csv_destroy(csv);
        return status;
    }
    *out = csv;
    return FLX_OK;
}

void flx_csv_destroy(flx_csv *csv)
{
    if (!csv)
        return;
    for (int c = 0; csv->names && c < csv->n_columns; c++)
        free(csv->names[c]);
    free(csv->names);
    free(csv->cells);
    free(csv->lines);
    free(csv->text);
    free(csv->path);
    free(csv);
}

int flx_csv_find(const flx_csv *csv, const char *name)
{
    for (int c = 0; c < csv->n_columns; c++)
        if (strcmp(csv->names[c], name) == 0)
            return c;
    return -1;
}

const char *flx_csv_cell(const flx_csv *csv, int row, int column)
{
    return csv->cells[(size_t)row * (size_t)csv->n_columns + (size_t)column];
}
