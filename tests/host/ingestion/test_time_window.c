/* SPDX-License-Identifier: MIT
 * Windows worked by hand: a web server before two replicas of a database. */
#include "host/ingestion/ingestion.h"
#include "host/ingestion/time_window.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char deployment_text[] =
    "{\"format\": \"fluxion-deployment\", \"version\": 1, \"name\": \"shop\",\n"
    " \"target\": {\"service\": \"web\", \"metric\": \"p90\"},\n"
    " \"services\": [\n"
    "  {\"name\": \"web\", \"knobs\": [\n"
    "    {\"name\": \"mode\", \"type\": \"choices\", \"values\": [\"safe\", \"fast\"]},\n"
    "    {\"name\": \"size\", \"type\": \"discrete\", \"min\": 1, \"max\": 99,"
    " \"unit\": \"MB\"}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": [\"db/x.y\"]},\n"
    "  {\"name\": \"db/x.y\", \"replicas\": 2, \"operations\": [\"get\"],\n"
    "   \"knobs\": [{\"name\": \"size\", \"type\": \"continuous\", \"min\": 0,"
    " \"max\": 9}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": []}]}\n";

static flx_deployment *parse_deployment(void)
{
    flx_deployment *deployment;
    flx_error error = {0};
    flx_deployment_parse(deployment_text, "shop", &deployment, &error);
    assert_text(error.message, "");
    return deployment;
}

typedef struct {
    const char *uri, *type;
    int64_t seq_num;
    const char *value;
} line;

static void store_lines(const line *lines, size_t count)
{
    flx_ingestion *ingestion;
    flx_ingestion_options options = {0};
    flx_error error = {0};
    flx_ingestion_open(scratch_path("store"), &options, &ingestion, &error);
    for (size_t i = 0; i < count; i++) {
        char text[300];
        int length = snprintf(
            text, sizeof text,
            "{\"stream_uri\":\"%s\",\"type\":\"%s\",\"seq_num\":%lld,\"val\":%s}",
            lines[i].uri, lines[i].type, (long long)lines[i].seq_num, lines[i].value);
        flx_ingestion_add_data(ingestion, text, (size_t)length, &error);
        flx_ingestion_commit(ingestion, &error);
    }
    assert_text(error.message, "");
    flx_ingestion_close(ingestion);
}

#define STORE(lines) store_lines(lines, sizeof lines / sizeof lines[0])

static flx_status query(flx_window_request request, flx_dataset **table,
                        flx_window_report *report, flx_error *error)
{
    flx_deployment *deployment = parse_deployment();
    request.folder = scratch_path("store");
    *error = (flx_error){0};
    flx_status status = flx_window_query(&request, deployment, table, report, error);
    flx_deployment_destroy(deployment);
    return status;
}

static flx_dataset *must_query(int64_t window, int64_t every, int64_t until,
                               flx_window_report *report)
{
    flx_dataset *table;
    flx_error error;
    query((flx_window_request){.window = window, .every = every, .until = until}, &table,
          report, &error);
    assert_text(error.message, "");
    return table;
}

/* The column's cells against `count` values. */
static void assert_column(const flx_dataset *table, const char *name,
                          flx_column_role kind, const double *expected)
{
    int column = flx_dataset_find(table, name);
    if (column < 0) {
        assert_text("no such column", name);
        return;
    }
    assert_int(table->columns[column].kind, kind);
    for (int i = 0; i < table->rows; i++)
        assert_close(table->values[i * table->n_columns + column], expected[i], 1e-15, 0);
}

static const line typical[] = {
    {"shop/web/0/mode", "choices", 3, "\"fast\""},     /* long before the window */
    {"shop/web/0/mode", "choices", 2, "\"safe\""},     /* late: not the last value */
    {"shop/web/0/size", "discrete", 115, "10"},        /* within the second row's time */
    {"shop/web/0/p90", "continuous", 100, "777"},      /* at `from`: outside */
    {"shop/web/0/p90", "continuous", 101, "4"},        /* first row: (100, 110] */
    {"shop/web/0/p90", "continuous", 110, "8"},        /* ... its last second */
    {"shop/web/0/p90", "continuous", 105, "99"},       /* replaced by ... */
    {"shop/web/0/p90", "continuous", 105, "3"},        /* ... what came later */
    {"shop/web/0/p90", "continuous", 130, "20"},       /* third row; the newest of all */
    {"shop/web/0/rps", "continuous", 119, "50"},       /* second row only */
    {"shop/db/x.y.get/1/p90", "continuous", 121, "7"}, /* third row */
    {"shop/db/x.y.get/all/p90", "continuous", 122, "6"},
    {"shop/db/x.y/1/size", "continuous", 120, "2.5"},
    {"shop/db/x.y.get/2/p90", "continuous", 121, "1"}, /* no third instance */
    {"shop/db/x.y/0/mode", "choices", 121, "\"a\""},   /* no such knob there */
    {"shop/web/0/queue", "continuous", 121, "1"},      /* nothing of that name */
    {"shop/mail/0/p90", "continuous", 900, "1"},       /* no such service */
    {"other/web/0/p90", "continuous", 500, "1"},       /* another system */
};

static void joins_streams_on_time(void)
{
    scratch_begin();
    STORE(typical);
    flx_window_report report;
    flx_dataset *table = must_query(30, 10, -1, &report);
    assert_int(table->rows, 3);
    for (int i = 0; i < 3; i++)
        assert_int(table->time[i], 110 + 10 * i);
    assert_column(table, "web:mode", FLX_KNOB, (double[]){1, 1, 1});
    assert_column(table, "web:size", FLX_KNOB, (double[]){NAN, 10, 10});
    assert_column(table, "web:p90", FLX_METRIC, (double[]){5, NAN, 20}); /* (4+3+8)/3 */
    assert_column(table, "web:rps", FLX_STATE, (double[]){NAN, 50, NAN});
    assert_column(table, "db/x.y.get/1:p90", FLX_METRIC, (double[]){NAN, NAN, 7});
    assert_column(table, "db/x.y.get:p90", FLX_METRIC, (double[]){NAN, NAN, 6});
    assert_column(table, "db/x.y/1:size", FLX_KNOB, (double[]){NAN, 2.5, 2.5});
    assert_int(table->n_columns, 7);
    assert_text(table->columns[flx_dataset_find(table, "web:size")].unit, "MB");
    assert_text(table->system, "shop");
    assert_true(!table->simulated);
    assert_int(report.from, 100);
    assert_int(report.until, 130);
    assert_int(report.replaced, 1);
    assert_int(report.values, 9);
    assert_int(report.streams, 7);
    assert_int(report.ignored, 4);
    assert_contains(report.first_ignored,
                    "shop/db/x.y.get/2/p90: the deployment has fewer instances");
    flx_dataset_destroy(table);
    scratch_end();
}

static void leaves_out_rows_and_columns_without_measurement(void)
{
    scratch_begin();
    STORE(typical);
    flx_window_report report;
    flx_dataset *table = must_query(1000000000, 1, 121, &report);
    /* 100, 101, 105, 110, 119, 121 */
    assert_int(table->rows, 6);
    assert_int(table->time[0], 100);
    assert_int(table->time[5], 121);
    assert_int(report.rows_left_out, 999999994);
    assert_int(report.ahead, 2);
    assert_true(flx_dataset_find(table, "db/x.y.get:p90") < 0);
    assert_column(table, "web:p90", FLX_METRIC, (double[]){777, 4, 3, 8, NAN, NAN});
    assert_column(table, "web:mode", FLX_KNOB, (double[]){1, 1, 1, 1, 1, 1});
    assert_column(table, "db/x.y/1:size", FLX_KNOB,
                  (double[]){NAN, NAN, NAN, NAN, NAN, 2.5});
    flx_dataset_destroy(table);
    scratch_end();
}

/* A window that is no multiple of the step has whole rows only. */
static void counts_rows_back_from_the_newest(void)
{
    scratch_begin();
    STORE(typical);
    flx_window_report report;
    flx_dataset *table = must_query(29, 10, -1, &report);
    assert_int(table->rows, 2);
    assert_int(table->time[0], 120);
    assert_int(report.from, 110);
    flx_dataset_destroy(table);
    scratch_end();
}

static void holds_knobs_and_forgets_them_at_unknown_labels(void)
{
    scratch_begin();
    static const line lines[] = {
        {"shop/web/0/mode", "choices", 10, "\"fast\""},
        {"shop/web/0/mode", "choices", 12, "\"turbo\""},
        {"shop/web/0/mode", "choices", 13, "\"safe\""},
        {"shop/web/0/size", "discrete", 11, "5"},
        {"shop/web/0/size", "discrete", 11, "6"}, /* held: the last arrival */
        {"shop/web/0/p90", "continuous", 11, "1"},
        {"shop/web/0/p90", "continuous", 12, "1"},
        {"shop/web/0/p90", "continuous", 13, "1"},
    };
    STORE(lines);
    flx_window_report report;
    flx_dataset *table = must_query(3, 1, -1, &report);
    assert_column(table, "web:mode", FLX_KNOB, (double[]){1, NAN, 0});
    assert_column(table, "web:size", FLX_KNOB, (double[]){6, 6, 6});
    assert_int(report.unknown_labels, 1);
    assert_text(report.first_unknown, "web:mode is \"turbo\"");
    flx_dataset_destroy(table);
    table = must_query(1, 1, -1, &report); /* held from before the window */
    assert_column(table, "web:size", FLX_KNOB, (double[]){6});
    flx_dataset_destroy(table);
    scratch_end();
}

static void ignores_streams_of_the_wrong_type(void)
{
    scratch_begin();
    static const line lines[] = {
        {"shop/web/0/mode", "discrete", 10, "1"},
        {"shop/web/0/rps", "choices", 10, "\"many\""},
        {"shop/web/0/p90", "discrete", 10, "7"},
        {"shop/web/all/p90", "continuous", 10, "8"}, /* the same column */
    };
    STORE(lines);
    flx_window_report report;
    flx_dataset *table = must_query(1, 1, -1, &report);
    assert_int(table->n_columns, 1);
    assert_column(table, "web:p90", FLX_METRIC, (double[]){7});
    assert_int(report.ignored, 3);
    assert_contains(report.first_ignored, "one of choices");
    flx_dataset_destroy(table);
    scratch_end();
}

/* One line of a wrong clock must not move the window to where nothing is. */
static void believes_no_clock_that_is_far_ahead(void)
{
    scratch_begin();
    line lines[] = {
        {"shop/web/0/p90", "continuous", (int64_t)time(NULL), "1"},
        {"shop/web/0/p90", "continuous", (int64_t)time(NULL) + 100000, "2"},
    };
    STORE(lines);
    flx_window_report report;
    flx_dataset *table = must_query(10, 10, -1, &report);
    assert_true(report.until == lines[0].seq_num);
    assert_int(report.ahead, 1);
    flx_dataset_destroy(table);
    table = must_query(10, 10, lines[1].seq_num, &report);
    assert_column(table, "web:p90", FLX_METRIC, (double[]){2});
    flx_dataset_destroy(table);
    scratch_end();
    scratch_begin();
    store_lines(lines + 1, 1); /* where all are ahead they are another unit's */
    table = must_query(10, 10, -1, &report);
    assert_true(report.until == lines[1].seq_num);
    flx_dataset_destroy(table);
    scratch_end();
}

static void assert_refused(flx_window_request request, const char *part)
{
    flx_dataset *table;
    flx_window_report report;
    flx_error error;
    assert_int(query(request, &table, &report, &error), FLX_BAD_INPUT);
    assert_contains(error.message, part);
    assert_true(table == NULL);
}

static void says_why_there_is_no_table(void)
{
    scratch_begin();
    flx_window_request request = {.window = 10, .every = 10, .until = -1};
    assert_refused(request, "store cannot be read");
    static const line strange[] = {{"other/web/0/p90", "continuous", 1, "1"},
                                   {"third/mail/0/p90", "continuous", 1, "1"}};
    store_lines(strange, 0);
    assert_refused(request, "the store holds no telemetry");
    STORE(strange);
    assert_refused(request, "no stream of system \"shop\"; its first stream is "
                            "\"other/web/0/p90\"");
    request.system = "third";
    assert_refused(request, "the first is third/mail/0/p90: the deployment has no such");
    request.system = "other";
    request.until = 1000;
    assert_refused(request, "was measured from seq_num 991 to 1000");
    request.every = 11;
    assert_refused(request, "a window of 10 s with a row every 11 s has 0 rows");
    request.every = 0;
    assert_refused(request, "has 0 rows");
    request.window = INT64_MAX;
    request.every = 1;
    assert_refused(request, "has 9223372036854775807 rows");
    scratch_end();
}

CU_TestInfo time_window_tests[] = {
    {"joins streams on time", joins_streams_on_time},
    {"leaves out rows and columns without measurement",
     leaves_out_rows_and_columns_without_measurement},
    {"counts rows back from the newest", counts_rows_back_from_the_newest},
    {"holds knobs and forgets them at unknown labels",
     holds_knobs_and_forgets_them_at_unknown_labels},
    {"ignores streams of the wrong type", ignores_streams_of_the_wrong_type},
    {"believes no clock that is far ahead", believes_no_clock_that_is_far_ahead},
    {"says why there is no table", says_why_there_is_no_table},
    CU_TEST_INFO_NULL,
};
