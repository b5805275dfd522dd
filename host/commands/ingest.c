/* SPDX-License-Identifier: MIT
 * fluxion ingest: telemetry from a file or a pipe into a store. */
#include "host/commands/commands.h"
#include "host/commands/frame.h"

#include "host/ingestion.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BAD_LINES_SHOWN = 10 };

static const flx_option options[] = {
    OPT_FLAG("strict", "stop at the first bad line"),
    OPT_INTEGER("keep-seconds", "N", 1, 1e15,
                "drop what is older than the newest telemetry by more"),
    OPT_INTEGER("keep-bytes", "N", 65536, 9e15,
                "drop the oldest telemetry while the store is larger"),
    {0}};

/* The sender may wait for it: it leaves at once. */
static flx_status print_ack(void *context, int64_t seq_num, flx_error *error)
{
    (void)context;
    if (printf("ack %lld\n", (long long)seq_num) < 0 || fflush(stdout) != 0)
        return flx_fail(error, FLX_IO_FAILED,
                        "writing an acknowledgement to standard output failed");
    return FLX_OK;
}

typedef struct {
    int shown;
    flx_bar bar;
} messages;

static void show_bad_line(void *context, const char *message)
{
    messages *all = context;
    if (all->shown == BAD_LINES_SHOWN)
        return;
    all->shown++;
    flx_bar_finish(&all->bar);
    fputs("skipped: ", stderr);
    flx_text_put(message, stderr);
    fputc('\n', stderr);
}

static json_t *describe(const char *folder, int64_t lines,
                        const flx_ingestion_counts *counts)
{
    json_t *last = counts->acknowledged < 0
                       ? json_null()
                       : json_integer((json_int_t)counts->acknowledged);
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:i, s:I, s:I, s:I, s:I, s:I, s:I}", "store",
        folder, "lines", (json_int_t)lines, "stored", (json_int_t)counts->stored, "bad",
        (json_int_t)counts->bad, "late", (json_int_t)counts->late, "repeated",
        (json_int_t)counts->repeated, "acknowledged", last, "streams", counts->streams,
        "blocks", (json_int_t)counts->blocks, "bytes", (json_int_t)counts->bytes,
        "dropped_segments", (json_int_t)counts->dropped_segments, "carried",
        (json_int_t)counts->carried, "damaged_bytes", (json_int_t)counts->damaged_bytes,
        "torn_bytes", (json_int_t)counts->torn_bytes);
}

/* To stderr: standard output belongs to the acknowledgements. */
static void print_text(const json_t *report)
{
    static const struct {
        const char *key, *line;
    } lines[] = {
        {"torn_bytes",
         "a block cut off in an earlier run was removed: {torn_bytes} bytes\n"},
        {"damaged_bytes",
         "damaged and not readable: {damaged_bytes} bytes of the store\n"},
        {"dropped_segments", "dropped by retention: {dropped_segments} segments\n"}};
    flx_write_filled(report,
                     "{store}: {stored} lines stored ({late} late, {repeated} repeated), "
                     "{bad} bad; {streams} streams\n",
                     stderr);
    if (json_integer_value(json_object_get(report, "bad")) > BAD_LINES_SHOWN)
        fprintf(stderr, "bad lines: only the first %d are shown\n", BAD_LINES_SHOWN);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (json_integer_value(json_object_get(report, lines[i].key)) > 0)
            flx_write_filled(report, lines[i].line, stderr);
}

static flx_status open_input(const char *path, flx_ingestion_input *input,
                             flx_error *error)
{
    struct stat about;
    input->name = path ? path : "standard input";
    input->file = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (input->file < 0)
        return flx_fail(error, FLX_BAD_INPUT, "%s: cannot be opened: %s", path,
                        strerror(errno));
    bool is_known = fstat(input->file, &about) == 0;
    if (is_known && S_ISDIR(about.st_mode)) {
        if (path)
            close(input->file);
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: is a folder, a file of telemetry lines was expected",
                        input->name);
    }
    input->total_bytes = is_known && S_ISREG(about.st_mode) ? about.st_size : 0;
    return FLX_OK;
}

static flx_status ingest(const flx_arguments *arguments, flx_ingestion_input *input,
                         flx_error *error)
{
    bool wants_json = flx_wants_json(arguments);
    const char *folder = flx_positional(arguments, 0);
    flx_ingestion_options wishes = {.keep_seconds =
                                        flx_integer(arguments, "keep-seconds", 0),
                                    .keep_bytes = flx_integer(arguments, "keep-bytes", 0),
                                    .acknowledge = wants_json ? NULL : print_ack};
    flx_ingestion *ingestion;
    FLX_TRY(flx_ingestion_open(folder, &wishes, &ingestion, error));
    messages all = {0};
    flx_progress progress = flx_bar_start(&all.bar, "ingest");
    input->progress = input->total_bytes > 0 ? &progress : NULL;
    input->skip = show_bad_line;
    input->context = &all;
    int64_t lines;
    flx_status status = flx_ingestion_read(ingestion, input, &lines, error);
    flx_bar_finish(&all.bar);
    flx_ingestion_counts counts = flx_ingestion_count(ingestion);
    flx_ingestion_close(ingestion);
    FLX_TRY(status);
    json_auto_t *report = describe(folder, lines, &counts);
    if (wants_json)
        return flx_print_json(json_incref(report), error);
    print_text(report);
    return FLX_OK;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    flx_ingestion_input input = {.is_strict = flx_is_set(arguments, "strict")};
    const char *path = flx_positional(arguments, 1);
    FLX_TRY(open_input(path, &input, error));
    flx_status status = ingest(arguments, &input, error);
    if (path)
        close(input.file);
    return status;
}

const flx_command flx_ingest_command = {
    .name = "ingest",
    .summary = "take telemetry into a store that survives a crash",
    .usage = "STORE/ [FILE.ndjson] [--strict] [--keep-seconds N] [--keep-bytes N]",
    .details =
        "Reads one JSON object a line, from standard input without FILE:\n"
        "  {\"stream_uri\": \"shop/cart.get/0/p90\", \"type\": \"continuous\", "
        "\"seq_num\": 169, \"val\": 12.5}\n"
        "stream_uri is SYSTEM/SERVICE[.OPERATION]/INDEX/NAME, where INDEX counts the "
        "instances from 0, or is all. type is continuous, discrete or choices (val is a "
        "text) and stays what it was in a stream's first line. seq_num is an integer, as "
        "a rule Unix seconds.\n"
        "\n"
        "\"ack SEQ\" on standard output means: the line just sent with that seq_num and "
        "all good lines before it are on the disk and survive a kill and a power cut. "
        "After a crash send again what follows the last acknowledged line, or "
        "everything: "
        "lines may come late, and of two lines with the same seq_num in a stream the "
        "last "
        "one wins. Bad lines are counted, shown (the first ten) and skipped.\n"
        "\n"
        "Retention drops whole segments of the store. The last value of every stream is "
        "kept, because a knob keeps its value until it is changed.",
    .options = options,
    .min_positional = 1,
    .max_positional = 2,
    .run = run,
};
