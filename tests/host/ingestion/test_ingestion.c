/* SPDX-License-Identifier: MIT */
#include "host/ingestion/ingestion.h"

#include "formats/telemetry/telemetry.h"

#include "tests/close.h"
#include "tests/formats/telemetry/stored.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    int count;
    int64_t seq_nums[200];
} ack_list;

static flx_status note_ack(void *context, int64_t seq_num, flx_error *error)
{
    (void)error;
    ack_list *acks = context;
    if (acks->count < 200)
        acks->seq_nums[acks->count] = seq_num;
    acks->count++;
    return FLX_OK;
}

static flx_ingestion *open_with(flx_ingestion_options options)
{
    flx_ingestion *ingestion;
    flx_error error = {0};
    flx_ingestion_open(scratch_path("store"), &options, &ingestion, &error);
    assert_text(error.message, "");
    return ingestion;
}

static flx_status add(flx_ingestion *ingestion, const char *uri, const char *type,
                      int64_t seq_num, const char *value, flx_error *error)
{
    char line[400];
    int length = snprintf(
        line, sizeof line,
        "{\"stream_uri\": \"%s\", \"type\": \"%s\", \"seq_num\": %lld, \"val\": %s}", uri,
        type, (long long)seq_num, value);
    return flx_ingestion_add_data(ingestion, line, (size_t)length, error);
}

static void add_metric(flx_ingestion *ingestion, int64_t seq_num, const char *value)
{
    flx_error error = {0};
    add(ingestion, "s/web/0/p90", "continuous", seq_num, value, &error);
    assert_text(error.message, "");
}

static void commit(flx_ingestion *ingestion)
{
    flx_error error = {0};
    flx_ingestion_commit(ingestion, &error);
    assert_text(error.message, "");
}

static char *stored(void)
{
    flx_store_health health;
    return stored_text(scratch_path("store"), &health);
}

static void stores_and_acknowledges(void)
{
    scratch_begin();
    ack_list acks = {0};
    flx_ingestion *ingestion =
        open_with((flx_ingestion_options){.acknowledge = note_ack, .context = &acks});
    commit(ingestion); /* nothing to acknowledge */
    add_metric(ingestion, 10, "1");
    add_metric(ingestion, 9, "2");
    assert_int(acks.count, 0);
    commit(ingestion);
    assert_int(acks.count, 1);
    assert_int(acks.seq_nums[0], 9); /* of the last line, not the highest */
    add_metric(ingestion, 11, "3");
    flx_ingestion_close(ingestion); /* without commit: not stored */
    char *text = stored();
    assert_text(text, "s/web/0/p90 10 1\ns/web/0/p90 9 2\n");
    free(text);
    scratch_end();
}

static void counts_late_and_repeated_lines(void)
{
    scratch_begin();
    flx_ingestion *ingestion = open_with((flx_ingestion_options){0});
    static const int64_t times[] = {5, 6, 6, 4, 7, 5};
    for (int i = 0; i < 6; i++)
        add_metric(ingestion, times[i], "1");
    commit(ingestion);
    flx_ingestion_counts counts = flx_ingestion_count(ingestion);
    assert_int(counts.stored, 6);
    assert_int(counts.late, 2);
    assert_int(counts.repeated, 1);
    assert_int(counts.acknowledged, 5);
    flx_ingestion_close(ingestion);
    ingestion = open_with((flx_ingestion_options){0}); /* remembers what is stored */
    add_metric(ingestion, 7, "1");
    add_metric(ingestion, 6, "1");
    counts = flx_ingestion_count(ingestion);
    assert_int(counts.late, 1);
    assert_int(counts.repeated, 1);
    assert_int(counts.streams, 1);
    flx_ingestion_close(ingestion);
    scratch_end();
}

static void holds_a_stream_to_its_type(void)
{
    scratch_begin();
    flx_error error = {0};
    for (int round = 0; round < 2; round++) {
        flx_ingestion *ingestion = open_with((flx_ingestion_options){0});
        add_metric(ingestion, 1, "1");
        assert_int(add(ingestion, "s/web/0/p90", "discrete", 2, "2", &error),
                   FLX_BAD_INPUT);
        assert_contains(error.message, "\"type\" is \"discrete\", but stream "
                                       "\"s/web/0/p90\" is \"continuous\" in this store");
        assert_int(flx_ingestion_count(ingestion).bad, 1);
        commit(ingestion);
        flx_ingestion_close(ingestion);
    }
    scratch_end();
}

/* 100 streams report every second: a second is acknowledged as a whole. */
static void cuts_blocks_between_seconds(void)
{
    scratch_begin();
    ack_list acks = {0};
    flx_ingestion *ingestion =
        open_with((flx_ingestion_options){.acknowledge = note_ack, .context = &acks});
    flx_error error = {0};
    char uri[32];
    for (int i = 0; i < 50000; i++) {
        snprintf(uri, sizeof uri, "s/web/%d/p90", i % 100);
        int before = acks.count;
        add(ingestion, uri, "continuous", i / 100, "1", &error);
        if (acks.count > before) {
            assert_int(i % 100, 0);
            assert_int(acks.seq_nums[before], i / 100 - 1);
            assert_int(flx_ingestion_count(ingestion).stored, i);
        }
    }
    assert_text(error.message, "");
    assert_int(acks.count, 3); /* every 16400 lines */
    flx_ingestion_close(ingestion);
    scratch_end();
}

/* Where all lines have one seq_num there is no good place to cut. */
static void cuts_a_long_second_somewhere(void)
{
    scratch_begin();
    ack_list acks = {0};
    flx_ingestion *ingestion =
        open_with((flx_ingestion_options){.acknowledge = note_ack, .context = &acks});
    for (int i = 0; i < 70000; i++)
        add_metric(ingestion, 1, "1");
    assert_int(acks.count, 1);
    assert_int(flx_ingestion_count(ingestion).stored, 65536);
    flx_ingestion_close(ingestion);
    scratch_end();
}

static flx_status refuse_ack(void *context, int64_t seq_num, flx_error *error)
{
    (void)context, (void)seq_num;
    return flx_fail(error, FLX_IO_FAILED, "nobody listens");
}

static void stops_where_nobody_hears_the_acknowledgement(void)
{
    scratch_begin();
    flx_error error = {0};
    flx_ingestion *ingestion =
        open_with((flx_ingestion_options){.acknowledge = refuse_ack});
    add_metric(ingestion, 1, "1");
    assert_int(flx_ingestion_commit(ingestion, &error), FLX_IO_FAILED);
    assert_text(error.message, "nobody listens");
    flx_ingestion_close(ingestion);
    char *text = stored(); /* stored nevertheless: it may be sent again */
    assert_text(text, "s/web/0/p90 1 1\n");
    free(text);
    scratch_end();
}

/* --- retention --- */

static void add_knobs(flx_ingestion *ingestion)
{
    flx_error error = {0};
    add(ingestion, "s/web/0/mode", "choices", 1, "\"slow\"", &error);
    add(ingestion, "s/web/0/mode", "choices", 2, "\"fast\"", &error);
    add(ingestion, "s/web/0/mode", "choices", 2, "\"faster\"", &error);
    add(ingestion, "s/web/0/size", "discrete", 3, "64", &error);
    assert_text(error.message, "");
}

/* The knobs' last values, in spite of everything that was dropped since. */
static void assert_knobs_hold(const char *text)
{
    const char *last = NULL;
    for (const char *at = text; (at = strstr(at, "s/web/0/mode 2 ")); at++)
        last = at;
    assert_true(last && strncmp(last, "s/web/0/mode 2 faster\n", 22) == 0);
    assert_contains(text, "s/web/0/size 3 64\n");
    assert_true(strstr(text, "mode 1 slow") == NULL);
}

static int64_t lowest_metric(const char *text)
{
    int64_t lowest = INT64_MAX;
    for (const char *at = text; (at = strstr(at, "p90 ")); at++) {
        int64_t seq_num = strtoll(at + 4, NULL, 10);
        lowest = seq_num < lowest ? seq_num : lowest;
    }
    return lowest;
}

static void drops_the_oldest_above_a_size(void)
{
    scratch_begin();
    flx_ingestion *ingestion = open_with((flx_ingestion_options){.keep_bytes = 4000});
    add_knobs(ingestion);
    for (int i = 10; i < 300; i++) {
        add_metric(ingestion, i, "1");
        commit(ingestion);
    }
    flx_ingestion_counts counts = flx_ingestion_count(ingestion);
    assert_true(counts.dropped_segments > 20);
    /* Both arrivals of mode 2 and the size move together, again and again. */
    assert_true(counts.carried > 0 && counts.carried % 3 == 0);
    assert_int(counts.stored, 294);
    flx_ingestion_close(ingestion);
    flx_store_health health;
    char *text = stored_text(scratch_path("store"), &health);
    assert_true(health.bytes <= 4000 && health.bytes > 2500);
    assert_knobs_hold(text);
    assert_contains(text, "p90 299 1");
    assert_true(lowest_metric(text) > 230);
    free(text);
    scratch_end();
}

static void drops_what_is_older_than_wished(void)
{
    scratch_begin();
    flx_ingestion *ingestion = open_with((flx_ingestion_options){.keep_seconds = 80});
    add_knobs(ingestion);
    for (int i = 10; i <= 1000; i++) {
        /* A wrong clock, far ahead, makes nothing old. */
        add_metric(ingestion, i == 500 ? (int64_t)time(NULL) * 2 : i, "1");
        commit(ingestion);
    }
    flx_ingestion_close(ingestion);
    char *text = stored();
    assert_knobs_hold(text);
    /* 80 seconds and at most one segment of 10 more; the far time moves along, too. */
    int64_t lowest = lowest_metric(text);
    assert_true(lowest <= 920 && lowest >= 900);
    free(text);
    scratch_end();
}

static void keeps_everything_unless_told(void)
{
    scratch_begin();
    for (int round = 0; round < 2; round++) {
        flx_ingestion *ingestion = open_with((flx_ingestion_options){0});
        add_metric(ingestion, 1 + 1000000 * round, "1");
        commit(ingestion);
        assert_int(flx_ingestion_count(ingestion).dropped_segments, 0);
        flx_ingestion_close(ingestion);
    }
    char *text = stored();
    assert_text(text, "s/web/0/p90 1 1\ns/web/0/p90 1000001 1\n");
    free(text);
    scratch_end();
}

CU_TestInfo ingestion_tests[] = {
    {"stores and acknowledges", stores_and_acknowledges},
    {"counts late and repeated lines", counts_late_and_repeated_lines},
    {"holds a stream to its type", holds_a_stream_to_its_type},
    {"cuts blocks between seconds", cuts_blocks_between_seconds},
    {"cuts a long second somewhere", cuts_a_long_second_somewhere},
    {"stops where nobody hears the acknowledgement",
     stops_where_nobody_hears_the_acknowledgement},
    {"drops the oldest above a size", drops_the_oldest_above_a_size},
    {"drops what is older than wished", drops_what_is_older_than_wished},
    {"keeps everything unless told", keeps_everything_unless_told},
    CU_TEST_INFO_NULL,
};
