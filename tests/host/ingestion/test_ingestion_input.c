/* SPDX-License-Identifier: MIT
 * Lines as they come in: bad ones, endless ones, and those of other systems' editors. */
#include "host/ingestion/ingestion_input.h"

#include "tests/close.h"
#include "tests/formats/telemetry/stored.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static flx_ingestion *open_ingestion(void)
{
    flx_ingestion *ingestion;
    flx_ingestion_options options = {0};
    flx_error error = {0};
    flx_ingestion_open(scratch_path("store"), &options, &ingestion, &error);
    assert_text(error.message, "");
    return ingestion;
}

static char *stored(void)
{
    flx_store_health health;
    return stored_text(scratch_path("store"), &health);
}

typedef struct {
    int count;
    char first[300], last[300];
} skipped_lines;

static void note_skipped(void *context, const char *message)
{
    skipped_lines *skipped = context;
    if (skipped->count++ == 0)
        snprintf(skipped->first, sizeof skipped->first, "%s", message);
    snprintf(skipped->last, sizeof skipped->last, "%s", message);
}

static flx_status read_text(const char *text, size_t length, bool is_strict,
                            skipped_lines *skipped, int64_t *lines, flx_error *error)
{
    flx_ingestion *ingestion = open_ingestion();
    save_bytes(scratch_path("in"), text, length);
    flx_ingestion_input input = {.file = open(scratch_path("in"), O_RDONLY),
                                 .name = "in",
                                 .is_strict = is_strict,
                                 .skip = note_skipped,
                                 .context = skipped};
    flx_status status = flx_ingestion_read(ingestion, &input, lines, error);
    close(input.file);
    assert_int(flx_ingestion_count(ingestion).bad, is_strict ? 1 : skipped->count);
    flx_ingestion_close(ingestion);
    return status;
}

#define LINE(time, value)                                                                \
    "{\"stream_uri\":\"s/web/0/p90\",\"type\":\"continuous\",\"seq_num\":" time          \
    ",\"val\":" value "}"

static void reads_lines_and_skips_bad_ones(void)
{
    scratch_begin();
    static const char text[] = "\xEF\xBB\xBF" LINE("1", "1") "\r\n\n  \t\nno\n" LINE(
        "2", "2") "\n{}\n" LINE("3", "3");
    skipped_lines skipped = {0};
    int64_t lines;
    flx_error error = {0};
    assert_int(read_text(text, strlen(text), false, &skipped, &lines, &error), FLX_OK);
    assert_int(lines, 5);
    assert_int(skipped.count, 2);
    assert_contains(skipped.first, "in line 4: it is no JSON");
    assert_text(skipped.last, "in line 6: it has no \"stream_uri\"");
    char *all = stored();
    assert_text(all, "s/web/0/p90 1 1\ns/web/0/p90 2 2\ns/web/0/p90 3 3\n");
    free(all);
    scratch_end();
}

static void stops_at_a_bad_line_where_strict(void)
{
    scratch_begin();
    static const char text[] = LINE("1", "1") "\nno\n" LINE("2", "2") "\n";
    skipped_lines skipped = {0};
    int64_t lines;
    flx_error error = {0};
    assert_int(read_text(text, strlen(text), true, &skipped, &lines, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "in line 2: it is no JSON");
    char *all = stored();
    assert_text(all, "s/web/0/p90 1 1\n");
    free(all);
    scratch_end();
}

/* Longer than a line may be, than the buffer, and without an end. */
static void skips_endless_lines(void)
{
    static const size_t lengths[] = {FLX_TELEMETRY_LINE_BYTES + 1, 1 << 20, 5000000};
    for (int i = 0; i < 6; i++) {
        scratch_begin();
        size_t length = lengths[i % 3], used = 0;
        bool has_end = i < 3;
        char *text = malloc(length + 300);
        used += (size_t)sprintf(text, LINE("1", "1") "\n");
        memset(text + used, 'x', length);
        used += length;
        if (has_end)
            used += (size_t)sprintf(text + used, "\n" LINE("2", "2") "\n");
        skipped_lines skipped = {0};
        int64_t lines;
        flx_error error = {0};
        assert_int(read_text(text, used, false, &skipped, &lines, &error), FLX_OK);
        assert_int(lines, has_end ? 3 : 2);
        assert_int(skipped.count, 1);
        assert_text(skipped.first, "in line 2: it is longer than 65536 bytes");
        char *all = stored();
        assert_text(all,
                    has_end ? "s/web/0/p90 1 1\ns/web/0/p90 2 2\n" : "s/web/0/p90 1 1\n");
        free(all);
        free(text);
        scratch_end();
    }
}

static void takes_nul_bytes_for_bad_lines(void)
{
    scratch_begin();
    static const char text[] = "\0\n" LINE("1", "1") "\0\n" LINE("2", "2");
    skipped_lines skipped = {0};
    int64_t lines;
    flx_error error = {0};
    assert_int(read_text(text, sizeof text - 1, false, &skipped, &lines, &error), FLX_OK);
    assert_int(skipped.count, 2);
    scratch_end();
}

CU_TestInfo ingestion_input_tests[] = {
    {"reads lines and skips bad ones", reads_lines_and_skips_bad_ones},
    {"stops at a bad line where strict", stops_at_a_bad_line_where_strict},
    {"skips endless lines", skips_endless_lines},
    {"takes NUL bytes for bad lines", takes_nul_bytes_for_bad_lines},
    CU_TEST_INFO_NULL,
};
