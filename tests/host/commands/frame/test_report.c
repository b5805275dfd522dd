/* SPDX-License-Identifier: MIT
 * A report as JSON and as text: templates, tables, and documents that cannot be made. */
#include "host/commands/frame/report.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* Runs `print` with standard output in a file and returns what it wrote. */
static const char *capture(void (*print)(const void *), const void *context)
{
    static char text[4096];
    FILE *file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    print(context);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static json_t *document(void)
{
    return json_pack("{s:s, s:s, s:i, s:f, s:f, s:b, s:b, s:n, s:[s, s], s:I, s:{s:f}}",
                     "name", "db:p90", "unit", "", "rows", 12, "mae", 1234.5678, "share",
                     0.125, "ok", 1, "bad", 0, "missing", "words", "a", "b", "time",
                     (json_int_t)1690000000, "graph", "mae", 0.5);
}

/* Fills the template in and compares. */
static void fills(const char *template, const char *expected)
{
    json_auto_t *values = document();
    json_auto_t *filled = flx_json_filled(values, template);
    assert_text(json_string_value(filled), expected);
}

static void fills_templates_in(void)
{
    fills("no value", "no value");
    fills("{name}: {rows} rows", "db:p90: 12 rows");
    fills("{mae} {mae:.2f} {mae:.3g}", "1234.6 1234.57 1.23e+03");
    fills("{share:.1%} {share:+.0%}", "12.5 % +12 %");
    fills("{graph.mae:g}", "0.5");
    fills("{name:.2s}|", "db|");
    fills("{ok} {bad} {ok:passed|FAILED} {bad:*|}.", "yes no passed .");
    fills("{words}", "a, b");
    fills("{time:date}", "2023-07-22 04:26");
    fills("{missing} {nothing} {graph.nothing} {name.nothing}", "- - - -");
    fills("{mae:g}{ unit}{ name}{?missing}{?unit}", "1234.57 db:p90");
}

static void hides_control_characters_of_values(void)
{
    json_auto_t *values = json_pack("{s:s}", "name", "a\nb\033[31m");
    json_auto_t *filled = flx_json_filled(values, "{name}\n");
    assert_text(json_string_value(filled), "a?b?[31m\n");
}

static void print_lines(const void *values)
{
    flx_print_line(values, "{name}");
    flx_print_line_if(values, "rows", "rows {rows}");
    flx_print_line_if(values, "graph.mae", "graph {graph.mae:g}");
    static const char *const nothing[] = {"unit", "bad", "missing", "absent"};
    for (size_t i = 0; i < 4; i++)
        flx_print_line_if(values, nothing[i], "not printed");
}

static void prints_lines_that_say_something(void)
{
    json_auto_t *values = document();
    assert_text(capture(print_lines, values), "db:p90\nrows 12\ngraph 0.5\n");
}

static void print_table(const void *rows)
{
    static const flx_table_column columns[] = {{"vertex", "{name}"},
                                               {"mae", "{mae:.1f}"},
                                               {"rows", "{old}+{new}"},
                                               {"unit", "{unit}"},
                                               {0}};
    flx_print_table(rows, columns);
}

static void aligns_a_table(void)
{
    json_auto_t *rows =
        json_pack("[{s:s, s:f, s:i, s:i, s:s}, {s:s, s:n, s:i, s:i, s:s}]", "name",
                  "Gr\xC3\xB6\xC3\x9F"
                  "e:p90",
                  "mae", 12.54, "old", 3, "new", 10, "unit", "us", "name", "b\n", "mae",
                  "old", 0, "new", 4, "unit", "");
    assert_text(capture(print_table, rows), "vertex      mae  rows  unit\n"
                                            "---------  ----  ----  ----\n"
                                            "Gr\xC3\xB6\xC3\x9F"
                                            "e:p90  12.5  3+10  us\n"
                                            "b?            -   0+4\n");
}

static void prints_a_table_without_rows(void)
{
    json_auto_t *rows = json_array();
    assert_contains(capture(print_table, rows), "vertex  mae  rows  unit\n------  ---");
}

static void print_json(const void *context)
{
    (void)context;
    flx_error error = {0};
    assert_int(flx_print_json(json_pack("{s:f, s:i}", "share", 0.9, "rows", 3), &error),
               FLX_OK);
}

static void prints_one_json_document(void)
{
    assert_text(capture(print_json, NULL), "{\n  \"share\": 0.9,\n  \"rows\": 3\n}\n");
}

static void reports_a_document_that_could_not_be_made(void)
{
    flx_error error = {0};
    json_t *broken = json_pack("{s:f}", "value", NAN); /* jansson has no NaN */
    assert_true(broken == NULL);
    assert_int(flx_print_json(broken, &error), FLX_NUMERIC);
    assert_contains(error.message, "not finite");
    json_auto_t *none = flx_json_real(INFINITY);
    assert_true(json_is_null(none));
}

CU_TestInfo report_tests[] = {
    {"fills templates in", fills_templates_in},
    {"hides control characters of values", hides_control_characters_of_values},
    {"prints lines that say something", prints_lines_that_say_something},
    {"aligns a table", aligns_a_table},
    {"prints a table without rows", prints_a_table_without_rows},
    {"prints one JSON document", prints_one_json_document},
    {"reports a document that could not be made",
     reports_a_document_that_could_not_be_made},
    CU_TEST_INFO_NULL,
};
