/* SPDX-License-Identifier: MIT
 * Imports of small CSVs worked out by hand: what each key of a map does. */
#include "formats/import/import.h"

#include "tests/close.h"
#include "tests/formats/import/imported.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>

static void maps_scales_and_drops(void)
{
    scratch_begin();
    flx_dataset *d = import_one(
        MAP_HEAD "\"system\": \"toy\", \"columns\": {"
                 "\"get:mem\": {\"name\": \"redis:mem\", \"kind\": \"knob\","
                 "  \"unit\": \"MB\", \"scale\": 2},"
                 "\"set:mem\": {\"same_as\": \"redis:mem\", \"scale\": 0.002},"
                 "\"*:rps\": {\"name\": \"*:rate\", \"kind\": \"state\"},"
                 "\"get:rps\": {\"name\": \"redis.get:rate\", \"kind\": \"state\"},"
                 "\"no\": {\"name\": \"no:no\", \"kind\": \"knob\","
                 "  \"optional\": true}},"
                 "\"ignore\": [\"orig*\"]}",
        "orig_row,get:mem,set:mem,web:rps,get:rps\n0,1.5,1500,7,8\n1,-2,-2000,,NA\n");
    assert_int(d->rows, 2);
    assert_int(d->n_columns, 3);
    assert_text(d->system, "toy");
    assert_text(d->source, "a.csv");
    assert_text(d->columns[0].name, "redis:mem");
    assert_int(d->columns[0].kind, FLX_KNOB);
    assert_text(d->columns[0].unit, "MB");
    assert_close(imported_value(d, 0, "redis:mem"), 3.0, 0, 0);
    assert_close(imported_value(d, 1, "redis:mem"), -4.0, 0, 0);
    assert_close(imported_value(d, 0, "web:rate"), 7.0, 0, 0);
    assert_close(imported_value(d, 0, "redis.get:rate"), 8.0, 0, 0);
    assert_close(imported_value(d, 1, "web:rate"), NAN, 0, 0);
    assert_close(imported_value(d, 1, "redis.get:rate"), NAN, 0, 0);
    assert_true(!d->time && !d->step && !d->group);
    flx_dataset_destroy(d);
    scratch_end();
}

static void reads_choices_and_missing_texts(void)
{
    scratch_begin();
    flx_dataset *d =
        import_one(MAP_HEAD "\"missing\": [\"-\"], \"columns\": {"
                            "\"c\": {\"name\": \"s:c\", \"kind\": \"knob\","
                            "  \"values\": [\"low\", \"high\"]},"
                            "\"x\": {\"name\": \"s:x\", \"kind\": \"metric\"}}}",
                   "c,x\nhigh,+1e3\nlow, .5\n-,-\n");
    assert_close(imported_value(d, 0, "s:c"), 1, 0, 0);
    assert_close(imported_value(d, 1, "s:c"), 0, 0, 0);
    assert_close(imported_value(d, 2, "s:c"), NAN, 0, 0);
    assert_close(imported_value(d, 0, "s:x"), 1000, 0, 0);
    assert_close(imported_value(d, 1, "s:x"), 0.5, 0, 0);
    assert_close(imported_value(d, 2, "s:x"), NAN, 0, 0);
    flx_dataset_destroy(d);
    scratch_end();
}

static void sets_time_group_and_step(void)
{
    scratch_begin();
    flx_dataset *d = import_one(
        MAP_PLAIN
        "}, \"time\": \"t\", \"group\": {\"lines\": 2}, \"step\": {\"column\": \"k\"}}",
        "t,x,k\n1700000000,1,0\n2023-11-14T22:13:21Z,2,0\n2023-11-15 "
        "00:13:22.75+02:00,3,4\n");
    for (int r = 0; r < 3; r++)
        assert_int((long)d->time[r], 1700000000 + r);
    assert_int((long)d->group[1], 0);
    assert_int((long)d->group[2], 1);
    assert_int(d->step[2], 4);
    flx_dataset_destroy(d);
    d = import_one(MAP_PLAIN "}, \"group\": {\"column\": \"g\"}, \"step\": 7}",
                   "g,x\n30,1\n10,2\n30,3\n");
    assert_int((long)d->group[0], 30);
    assert_int((long)d->group[1], 10);
    assert_int(d->step[2], 7);
    flx_dataset_destroy(d);
    d = import_one(MAP_PLAIN "}, \"group\": {\"column\": [\"g\", \"h\"]}}",
                   "g,h,x\na,b,1\na,c,2\na,b,3\n");
    assert_int((long)d->group[0], 0);
    assert_int((long)d->group[1], 1);
    assert_int((long)d->group[2], 0);
    flx_dataset_destroy(d);
    scratch_end();
}

static void appends_files(void)
{
    scratch_begin();
    flx_error error = {0};
    flx_dataset *d = NULL;
    const char *const texts[] = {"id,x,y\n0,1,2\n1,3,4\n2,5,6\n", "y,x\n8,7\n", NULL};
    assert_int(import_files(MAP_PLAIN ", \"y\": {\"name\": \"s:y\", \"kind\": \"knob\"}},"
                                      "\"ignore\": [\"id\"], \"group\": {\"lines\": 2}}",
                            texts, NULL, &d, &error),
               FLX_OK);
    assert_int(d->rows, 4);
    assert_close(imported_value(d, 2, "s:x"), 5, 0, 0);
    assert_close(imported_value(d, 3, "s:x"), 7, 0, 0);
    assert_close(imported_value(d, 3, "s:y"), 8, 0, 0);
    assert_int((long)d->group[2], 1);
    assert_int((long)d->group[3], 2); /* a file begins a group of its own */
    assert_text(d->source, "a.csv, b.csv");
    flx_dataset_destroy(d);
    scratch_end();
}

static void joins_files_side_by_side(void)
{
    scratch_begin();
    flx_error error = {0};
    flx_dataset *d = NULL;
    const char *const texts[] = {"t,x:tune\n1,10\n2,20\n",
                                 "t,x:tune,y:tune\n1,11,5\n2,21,6\n", NULL};
    const char *map = MAP_HEAD "\"join\": \"row\", \"time\": \"t\", \"columns\": {"
                               "\"a#*:tune\": {\"name\": \"one:*\", \"kind\": \"knob\"},"
                               "\"b#x:tune\": {\"name\": \"two:x\", \"kind\": \"knob\"},"
                               "\"y:tune\": {\"name\": \"two:y\", \"kind\": \"knob\"}}}";
    assert_int(import_files(map, texts, NULL, &d, &error), FLX_OK);
    assert_text(error.message, "");
    assert_int(d->rows, 2);
    assert_int(d->n_columns, 3);
    assert_close(imported_value(d, 1, "one:x"), 20, 0, 0);
    assert_close(imported_value(d, 1, "two:x"), 21, 0, 0);
    assert_close(imported_value(d, 1, "two:y"), 6, 0, 0);
    assert_int((long)d->time[1], 2);
    flx_dataset_destroy(d);
    assert_import_refused(map, texts[0], "t,x:tune,y:tune\n1,11,5\n",
                          "joined by row need as many");
    assert_import_refused(map, texts[0], "t,x:tune,y:tune\n1,11,5\n3,21,6\n",
                          "b.csv line 3: column \"t\" is \"3\", but \"2\" in ");
    scratch_end();
}

static void turns_a_long_table(void)
{
    scratch_begin();
    flx_dataset *d = import_one(MAP_LONG ", \"group\": {\"column\": \"part\"},"
                                         "\"columns\": {\"w\": {\"name\": \"mix:w\","
                                         "\"kind\": \"state\"}}}",
                                "part,t,node,l,n,w\np,300,A,0.2,5,1\np,0,A,0.1,4,2\n"
                                "p,300,B::x,0.3,,1\nq,300,A,0.4,7,3\n");
    assert_int(d->rows, 3); /* by time, then by first appearance */
    assert_int(d->n_columns, 5);
    assert_int((long)d->time[0], 0);
    assert_int((long)d->time[1], 300);
    assert_int((long)d->group[1], 0);
    assert_int((long)d->group[2], 1);
    assert_close(imported_value(d, 0, "A:p90"), 100, 1e-15, 0);
    assert_close(imported_value(d, 0, "b:p90"), NAN, 0, 0);
    assert_close(imported_value(d, 1, "b:p90"), 300, 1e-15, 0);
    assert_close(imported_value(d, 1, "b:rps"), NAN, 0, 0);
    assert_close(imported_value(d, 2, "A:rps"), 7, 0, 0);
    assert_close(imported_value(d, 2, "mix:w"), 3, 0, 0);
    assert_int(d->columns[flx_dataset_find(d, "A:rps")].kind, FLX_STATE);
    assert_text(d->columns[flx_dataset_find(d, "A:p90")].unit, "ms");
    flx_dataset_destroy(d);
    scratch_end();
}

static void keeps_lines_that_fit(void)
{
    scratch_begin();
    flx_error error = {0};
    flx_dataset *d = NULL;
    const char *const texts[] = {"part,x\ntrain/1,1\nnone,2\ntrain/2,3\ntest/1,4\n",
                                 NULL};
    const char *map = MAP_PLAIN "}, \"where\": {\"part\": [\"train/*\", \"none\"]},"
                                "\"group\": {\"lines\": 2}}";
    assert_int(import_files(map, texts, NULL, &d, &error), FLX_OK);
    assert_int(d->rows, 3);
    assert_close(imported_value(d, 2, "s:x"), 3, 0, 0);
    assert_int((long)d->group[2], 1);
    flx_dataset_destroy(d);
    assert_int(import_files(map, texts, "part=t*", &d, &error), FLX_OK);
    assert_int(d->rows, 3); /* replaces the condition of the map */
    assert_close(imported_value(d, 2, "s:x"), 4, 0, 0);
    flx_dataset_destroy(d);
    assert_int(import_files(map, texts, "part=zzz", &d, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "no line is left where \"part\" is \"zzz\"");
    assert_int(import_files(map, texts, "party=zzz", &d, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "a.csv has no column \"party\" (for \"where\")");
    assert_int(import_files(map, texts, "part", &d, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "is not of the form COLUMN=TEXT");
    scratch_end();
}

static void derives_columns(void)
{
    scratch_begin();
    flx_dataset *d = import_one(
        MAP_PLAIN
        "}, \"derive\": ["
        "{\"name\": \"v:hour\", \"from\": \"t\", \"how\": \"hour\", \"unit\": \"h\"},"
        "{\"name\": \"v:day\", \"from\": \"t\", \"how\": \"weekday\"},"
        "{\"name\": \"v:size\", \"by\": \"b\", \"how\": \"count_by\"},"
        "{\"name\": \"v:bin\", \"from\": \"s:x\", \"how\": \"bucket\","
        "  \"edges\": [0, 10], \"kind\": \"metric\"}]}",
        "t,b,x\n0,u,0\n-1,v,0.1\n2024-02-29T13:59:59,u,10\n,u,11\n86400,w,\n");
    static const double hours[] = {0, 23, 13, NAN, 0}, days[] = {3, 2, 3, NAN, 4};
    static const double sizes[] = {3, 1, 3, 3, 1}, bins[] = {0, 1, 1, 2, NAN};
    for (int r = 0; r < 5; r++) {
        assert_close(imported_value(d, r, "v:hour"), hours[r], 0, 0);
        assert_close(imported_value(d, r, "v:day"), days[r], 0, 0);
        assert_close(imported_value(d, r, "v:size"), sizes[r], 0, 0);
        assert_close(imported_value(d, r, "v:bin"), bins[r], 0, 0);
    }
    assert_int(d->columns[flx_dataset_find(d, "v:hour")].kind, FLX_STATE);
    assert_int(d->columns[flx_dataset_find(d, "v:bin")].kind, FLX_METRIC);
    flx_dataset_destroy(d);
    scratch_end();
}

/* A trace without a header line: lifetimes of at least 300, then their buckets. */
static void derives_lifetimes(void)
{
    scratch_begin();
    flx_dataset *d = import_one(
        MAP_HEAD
        "\"header\": [\"id\", \"from\", \"to\", \"cores\"], \"ignore\": [\"id\"],"
        "\"columns\": {\"cores\": {\"name\": \"vm:cores\", \"kind\": \"state\","
        "  \"values\": [\"2\", \">24\"]}},"
        "\"derive\": [{\"name\": \"vm:life\", \"how\": \"difference\", \"from\": \"to\","
        "  \"minus\": \"from\", \"least\": 300, \"kind\": \"metric\"},"
        "{\"name\": \"vm:class\", \"how\": \"bucket\", \"from\": \"vm:life\","
        "  \"edges\": [900, 3600]}]}",
        "a,0,0,2\nb,600,1500,>24\nc,0,1200,2\nd,300,,2\n");
    static const double lives[] = {300, 900, 1200, NAN}, classes[] = {0, 0, 1, NAN};
    for (int r = 0; r < 4; r++) {
        assert_close(imported_value(d, r, "vm:life"), lives[r], 0, 0);
        assert_close(imported_value(d, r, "vm:class"), classes[r], 0, 0);
    }
    assert_close(imported_value(d, 1, "vm:cores"), 1, 0, 0);
    flx_dataset_destroy(d);
    scratch_end();
}

static void reports_what_it_did(void)
{
    scratch_begin();
    flx_error error = {0};
    flx_import_map *map = NULL;
    flx_dataset *d = NULL;
    flx_import_report report;
    const char *path = scratch_write("a.csv", "x,y,i,p\n1,1,0,k\n,,0,k\n3,3,0,l\n");
    flx_import_request request = {1, &path, 0, NULL};
    flx_import_map_parse(MAP_PLAIN
                         ", \"y\": {\"same_as\": \"s:x\"}}, \"ignore\": [\"i\"],"
                         "\"where\": {\"p\": \"k\"}}",
                         "map", &map, &error);
    assert_int(flx_import(map, &request, &d, &report, &error), FLX_OK);
    assert_int(report.lines, 3);
    assert_int(report.kept_lines, 2);
    assert_int(report.rows, 2);
    assert_int(report.metrics, 1);
    assert_int(report.knobs + report.states, 0);
    assert_int((long)report.missing, 1);
    assert_int(report.ignored, 1);
    assert_int(report.n_dropped, 1);
    assert_text(report.dropped[0], "y");
    flx_import_report_release(&report);
    flx_dataset_destroy(d);
    flx_import_map_destroy(map);
    scratch_end();
}

static void prefers_the_closer_rule(void)
{
    scratch_begin();
    flx_dataset *d = import_one(
        MAP_HEAD
        "\"columns\": {"
        "\"*\": {\"name\": \"any:*\", \"kind\": \"knob\"},"
        "\"long*\": {\"name\": \"long:*\", \"kind\": \"knob\"},"
        "\"a#longer\": {\"name\": \"exact:file\", \"kind\": \"knob\"},"
        "\"longer\": {\"name\": \"exact:any\", \"kind\": \"knob\",\"optional\": true}},"
        "\"ignore\": [\"lost*\", \"a#gone\"]}",
        "short,longest,longer,lost,gone\n1,2,3,4,5\n");
    assert_int(d->n_columns, 3);
    assert_close(imported_value(d, 0, "any:short"), 1, 0, 0);
    assert_close(imported_value(d, 0, "long:est"), 2, 0, 0);
    assert_close(imported_value(d, 0, "exact:file"), 3, 0, 0);
    flx_dataset_destroy(d);
    scratch_end();
}

CU_TestInfo import_tests[] = {
    {"maps, scales and drops", maps_scales_and_drops},
    {"reads choices and missing texts", reads_choices_and_missing_texts},
    {"sets time, group and step", sets_time_group_and_step},
    {"appends files", appends_files},
    {"joins files side by side", joins_files_side_by_side},
    {"turns a long table", turns_a_long_table},
    {"keeps lines that fit", keeps_lines_that_fit},
    {"derives columns", derives_columns},
    {"derives lifetimes", derives_lifetimes},
    {"reports what it did", reports_what_it_did},
    {"prefers the closer rule", prefers_the_closer_rule},
    CU_TEST_INFO_NULL,
};
