/* SPDX-License-Identifier: MIT
 * The parser of the command line: every way to write an option, and every way to get one
 * wrong. Words are given as one line and cut at blanks. */
#include "host/commands/frame/arguments.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static const flx_option options[] = {
    OPT_TEXT("output", "FILE", "where", .letter = 'o'),
    OPT_INTEGER("rows", "N", 1, 1000, "how many", .letter = 'n', .alias = "count"),
    OPT_INTEGER("at-least", "N", 3, 0, "no upper bound"),
    OPT_NUMBER("offset", "X", 0, 0, "any number"),
    OPT_NUMBER("share", "P", 0, 1, "a probability"),
    OPT_CHOICE("loss", "LOSS", "mae|squared|log", "one of three", .usual = "squared"),
    OPT_TEXT("fix", "C=V", "settings", .is_repeatable = true),
    OPT_FLAG("paper", "as published"),
    {0}};

static const flx_option required_options[] = {
    OPT_TEXT("data", "DATA.h5", "a table", .is_required = true), {0}};

static const flx_command command = {
    .name = "probe",
    .summary = "For tests",
    .usage = "A [B]",
    .options = options,
    .min_positional = 1,
    .max_positional = 2,
};

static char line_text[512];
static char *line_words[32];

static int cut(const char *line)
{
    int count = 0;
    strncpy(line_text, line, sizeof line_text - 1);
    for (char *word = strtok(line_text, " "); word; word = strtok(NULL, " "))
        line_words[count++] = word;
    return count;
}

/* The arguments a correct line gives. */
static flx_arguments *parse(const char *line)
{
    flx_error error = {0};
    flx_arguments *arguments = NULL;
    flx_arguments_parse(&command, cut(line), line_words, &arguments, &error);
    assert_text(error.message, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(arguments);
    return arguments;
}

static void refuses(const char *line, const char *part)
{
    flx_error error = {0};
    flx_arguments *arguments = (flx_arguments *)options;
    flx_status status =
        flx_arguments_parse(&command, cut(line), line_words, &arguments, &error);
    assert_int(status, FLX_BAD_INPUT);
    assert_true(arguments == NULL);
    assert_contains(error.message, part);
    assert_contains(error.message, "fluxion probe");
    assert_true(strchr(error.message, '\n') == NULL);
}

static void takes_options_anywhere(void)
{
    flx_arguments *a = parse("--rows 7 first -o out.h5 second --paper");
    assert_int(flx_positional_count(a), 2);
    assert_text(flx_positional(a, 0), "first");
    assert_text(flx_positional(a, 1), "second");
    assert_true(flx_positional(a, 2) == NULL);
    assert_int((long)flx_integer(a, "rows", -1), 7);
    assert_text(flx_text(a, "output", "none"), "out.h5");
    assert_true(flx_is_set(a, "paper"));
    flx_arguments_destroy(a);
}

static void takes_every_spelling(void)
{
    const char *const lines[] = {"a -o x=y", "a -ox=y", "a -o=x=y", "a --output x=y",
                                 "a --output=x=y"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        flx_arguments *a = parse(lines[i]);
        assert_text(flx_text(a, "output", "none"), "x=y");
        flx_arguments_destroy(a);
    }
}

static void falls_back_where_nothing_is_given(void)
{
    flx_arguments *a = parse("a");
    assert_int((long)flx_integer(a, "rows", 42), 42);
    assert_close(flx_number(a, "offset", 0.5), 0.5, 0, 0);
    assert_text(flx_text(a, "output", "none"), "none");
    assert_true(flx_text(a, "output", NULL) == NULL);
    assert_true(!flx_is_set(a, "paper"));
    assert_int(flx_repeat_count(a, "fix"), 0);
    assert_true(flx_seed(a) == 0);
    assert_text(flx_backend_name(a), "auto");
    assert_true(!flx_wants_json(a));
    assert_true(flx_threads(a) >= 1);
    flx_arguments_destroy(a);
}

static void takes_negative_numbers_as_values(void)
{
    flx_arguments *a = parse("-12 --offset -1.5e-3");
    assert_close(flx_number(a, "offset", 0), -1.5e-3, 0, 0);
    assert_text(flx_positional(a, 0), "-12");
    flx_arguments_destroy(a);
    a = parse("a --offset=-2");
    assert_close(flx_number(a, "offset", 0), -2, 0, 0);
    flx_arguments_destroy(a);
}

static void keeps_repeats_in_order(void)
{
    flx_arguments *a = parse("--fix a:b=1 x --fix=c:d=-2 --fix e=f=g");
    assert_int(flx_repeat_count(a, "fix"), 3);
    assert_text(flx_repeat(a, "fix", 0), "a:b=1");
    assert_text(flx_repeat(a, "fix", 1), "c:d=-2");
    assert_text(flx_repeat(a, "fix", 2), "e=f=g");
    assert_true(flx_repeat(a, "fix", 3) == NULL);
    flx_arguments_destroy(a);
}

static void ends_options_at_two_dashes(void)
{
    flx_arguments *a = parse("--paper -- --rows -o");
    assert_int(flx_positional_count(a), 2);
    assert_text(flx_positional(a, 0), "--rows");
    assert_text(flx_positional(a, 1), "-o");
    flx_arguments_destroy(a);
    a = parse("-"); /* a single dash is standard input, not an option */
    assert_text(flx_positional(a, 0), "-");
    flx_arguments_destroy(a);
}

static void understands_options_of_every_verb(void)
{
    flx_arguments *a =
        parse("a --threads 3 --seed 18446744073709551615 --backend cpu --json");
    assert_int(flx_threads(a), 3);
    assert_true(flx_seed(a) == UINT64_MAX);
    assert_text(flx_backend_name(a), "cpu");
    assert_true(flx_wants_json(a));
    flx_arguments_destroy(a);
}

static void suggests_the_likely_spelling(void)
{
    refuses("a --rosw 3", "did you mean '--rows'");
    refuses("a --row=3", "did you mean '--rows'");
    refuses("a --ouput x", "did you mean '--output'");
    refuses("a --out x", "did you mean '--output'");
    refuses("a --jason", "did you mean '--json'");
    refuses("a --elephant", "has no option '--elephant': 'fluxion probe --help'");
    refuses("a -z", "has no option '-z'");
}

static void refuses_wrong_values(void)
{
    const char *const rows = "'--rows' needs an integer from 1 to 1000";
    refuses("a --rows 0", rows);
    refuses("a --rows 1001", rows);
    refuses("a --rows -3", "not '-3'");
    refuses("a --rows 3.0", "not '3.0'");
    refuses("a --rows 3x", rows);
    refuses("a --rows 99999999999999999999", rows);
    refuses("a --at-least 2", "an integer of at least 3");
    refuses("a --share 1.01", "a number from 0 to 1, not '1.01'");
    refuses("a --offset nan", "needs a number, not 'nan'");
    refuses("a --offset inf", "needs a number");
    refuses("a --offset 0x10", "needs a number");
    refuses("a --offset 1e999", "needs a number");
    refuses("a --offset 1,5", "needs a number");
    refuses("a --seed -1", "18446744073709551615, not '-1'");
    refuses("a --seed 18446744073709551616", "'--seed'");
    refuses("a --threads 0", "from 1 to 1024");
    refuses("a --backend gpu", "auto, cpu or cuda, not 'gpu'");
}

static void refuses_wrong_forms(void)
{
    refuses("a --rows", "'--rows' needs a value: --rows N");
    refuses("a --output --paper", "'--output' needs a value");
    refuses("a --output=", "the value of option '--output' is empty");
    refuses("a --paper=yes", "'--paper' takes no value");
    refuses("a --rows 1 --rows 2", "'--rows' is given twice");
    refuses("--paper", "needs more arguments: fluxion probe A [B]");
    refuses("a b c", "no use for 'c'");
}

static void knows_an_option_by_its_alias(void)
{
    flx_arguments *a = parse("a --count 7");
    assert_int((long)flx_integer(a, "rows", -1), 7);
    assert_text(flx_name_given(a, "rows"), "count");
    assert_text(flx_name_given(a, "output"), "output");
    flx_arguments_destroy(a);
    a = parse("a --rows=7");
    assert_text(flx_name_given(a, "rows"), "rows");
    flx_arguments_destroy(a);
    refuses("a --count 0", "'--count' needs an integer from 1 to 1000");
    refuses("a --rows 1 --count 2", "'--count' is given twice");
    refuses("a --count", "'--count' needs a value: --count N");
    refuses("a --coutn 2", "did you mean '--count'");
}

static void takes_one_word_of_several(void)
{
    flx_arguments *a = parse("a --loss log");
    assert_int(flx_choice(a, "loss"), 2);
    assert_text(flx_text(a, "loss", ""), "log");
    flx_arguments_destroy(a);
    a = parse("a");
    assert_int(flx_choice(a, "loss"), 1);
    flx_arguments_destroy(a);
    refuses("a --loss ma", "'--loss' needs mae, squared or log, not 'ma'");
    refuses("a --loss mae|squared", "not 'mae|squared'");
}

static void asks_for_what_is_required(void)
{
    flx_error error = {0};
    flx_arguments *a = NULL;
    flx_command needs = command;
    needs.options = required_options;
    assert_int(flx_arguments_parse(&needs, cut("a"), line_words, &a, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "needs option '--data': fluxion probe A [B]");
    assert_int(flx_arguments_parse(&needs, cut("a --data f"), line_words, &a, &error),
               FLX_OK);
    flx_arguments_destroy(a);
}

static void sees_a_call_for_help(void)
{
    assert_true(flx_asks_for_help(cut("a --wrong --help"), line_words));
    assert_true(flx_asks_for_help(cut("-h"), line_words));
    assert_true(!flx_asks_for_help(cut("a -- --help"), line_words));
    assert_true(!flx_asks_for_help(0, line_words));
}

CU_TestInfo arguments_tests[] = {
    {"takes options anywhere", takes_options_anywhere},
    {"takes every spelling", takes_every_spelling},
    {"falls back where nothing is given", falls_back_where_nothing_is_given},
    {"takes negative numbers as values", takes_negative_numbers_as_values},
    {"keeps repeats in order", keeps_repeats_in_order},
    {"ends options at two dashes", ends_options_at_two_dashes},
    {"understands options of every verb", understands_options_of_every_verb},
    {"suggests the likely spelling", suggests_the_likely_spelling},
    {"refuses wrong values", refuses_wrong_values},
    {"refuses wrong forms", refuses_wrong_forms},
    {"knows an option by its alias", knows_an_option_by_its_alias},
    {"takes one word of several", takes_one_word_of_several},
    {"asks for what is required", asks_for_what_is_required},
    {"sees a call for help", sees_a_call_for_help},
    CU_TEST_INFO_NULL,
};
