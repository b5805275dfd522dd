/* SPDX-License-Identifier: MIT */
#include "formats/json/json_source.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <string.h>

static const char sample[] = "\xEF\xBB\xBF{\n"
                             "  \"a\": [1,\n"
                             "    true, {\"x\":\n"
                             "      2.5}, \"[\\\"{\", null],\n"
                             "  \"b\\u0041\": {},\n"
                             "  \"big\": 9007199254740993\n"
                             "}\n";

static flx_json_source *parse(const char *text)
{
    flx_json_source *source;
    flx_error error = {0};
    assert_int(flx_json_source_parse(text, strlen(text), "T", &source, &error), FLX_OK);
    assert_text(error.message, "");
    return source;
}

static void knows_the_line_of_everything(void)
{
    flx_json_source *source = parse(sample);
    const json_t *root = flx_json_root(source), *list = json_object_get(root, "a");
    const json_t *inner = json_array_get(list, 2);
    assert_int(flx_json_line(source, root), 1);
    assert_int(flx_json_key_line(source, root, "a"), 2);
    assert_int(flx_json_line(source, list), 2);
    assert_int(flx_json_item_line(source, list, 0), 2);
    assert_int(flx_json_item_line(source, list, 1), 3);
    assert_int(flx_json_line(source, inner), 3);
    assert_int(flx_json_key_line(source, inner, "x"), 3);
    assert_int(flx_json_line(source, json_object_get(inner, "x")), 4);
    assert_int(flx_json_item_line(source, list, 3), 4);
    assert_int(flx_json_item_line(source, list, 4), 4);
    assert_int(flx_json_key_line(source, root, "bA"), 5);
    assert_int(flx_json_key_line(source, root, "big"), 6);
    assert_int(flx_json_key_line(source, inner, "absent"), 3);
    flx_json_source_destroy(source);
}

static void assert_no_json(const char *text, const char *message)
{
    flx_json_source *source;
    flx_error error = {0};
    assert_int(flx_json_source_parse(text, strlen(text), "F.json", &source, &error),
               FLX_BAD_INPUT);
    assert_true(source == NULL);
    assert_contains(error.message, message);
    assert_true(strchr(error.message, '\n') == NULL);
    flx_json_source_destroy(source);
}

static void names_the_line_of_a_syntax_error(void)
{
    assert_no_json("", "F.json line 1: column 1: ");
    assert_no_json("{\"a\": 1,\n\n oops}", "F.json line 3: ");
    assert_no_json("{\"a\": 1,\n\"a\": 2}", "F.json line 2: ");
    assert_no_json("{\"a\": 1,\n\"a\": 2}", "duplicate");
    assert_no_json("{\"a\": 1e999}", "F.json line 1: ");
    assert_no_json("{\"a\": \"\xff\"}", "F.json line 1: ");
    assert_no_json("{\"a\": [1, 2}", "F.json line 1: ");
    assert_no_json("7", "F.json line 1: ");
    assert_no_json("{} x", "F.json line 1: ");
}

/* A hundred thousand brackets are refused, not followed. */
static void refuses_bottomless_nesting(void)
{
    static char deep[100001];
    memset(deep, '[', sizeof deep - 1);
    assert_no_json(deep, "F.json line 1: ");
}

static void checks_keys(void)
{
    static const char *const allowed[] = {"a", "big", NULL};
    flx_json_source *source = parse(sample);
    flx_error error = {0};
    assert_int(
        flx_json_check_keys(source, flx_json_root(source), "a thing", allowed, &error),
        FLX_BAD_INPUT);
    assert_text(error.message,
                "T line 5: unknown key \"bA\" in a thing: expected a or big");
    flx_json_source_destroy(source);
}

static void gives_typed_values(void)
{
    flx_json_source *source = parse("{\"t\": \"x\", \"n\": 2.5, \"i\": 3, \"b\": false}");
    const json_t *root = flx_json_root(source);
    const char *text = NULL;
    double number = 0;
    int integer = 0, word = -1;
    bool boolean = true;
    static const char *const words[] = {"w", "x", NULL};
    assert_int(flx_json_get_text(source, root, "t", true, &text, NULL), FLX_OK);
    assert_text(text, "x");
    assert_int(flx_json_get_number(source, root, "n", true, &number, NULL), FLX_OK);
    assert_close(number, 2.5, 0, 0);
    assert_int(flx_json_get_number(source, root, "i", true, &number, NULL), FLX_OK);
    assert_close(number, 3, 0, 0);
    assert_int(flx_json_get_integer(source, root, "i", true, 3, 3, &integer, NULL),
               FLX_OK);
    assert_int(integer, 3);
    assert_int(flx_json_get_boolean(source, root, "b", true, &boolean, NULL), FLX_OK);
    assert_true(!boolean);
    assert_int(flx_json_get_word(source, root, "t", true, words, &word, NULL), FLX_OK);
    assert_int(word, 1);
    word = 7;
    assert_int(flx_json_get_word(source, root, "absent", false, words, &word, NULL),
               FLX_OK);
    assert_int(word, 7);
    flx_json_source_destroy(source);
}

static void refuses_values_of_another_type(void)
{
    flx_json_source *source = parse("{\n\"t\": \"x\",\n\"n\": 2.5,\n\"l\": []}");
    const json_t *root = flx_json_root(source);
    static const char *const words[] = {"min", "max", NULL};
    flx_error error = {0};
    const char *text;
    double number;
    int integer;
    json_t *node;
    assert_int(flx_json_get_text(source, root, "l", true, &text, &error), FLX_BAD_INPUT);
    assert_text(error.message, "T line 4: \"l\" must be a text, not a list");
    assert_int(flx_json_get_number(source, root, "t", false, &number, &error),
               FLX_BAD_INPUT);
    assert_text(error.message, "T line 2: \"t\" must be a number, not a text");
    assert_int(flx_json_get_integer(source, root, "n", true, 0, 9, &integer, &error),
               FLX_BAD_INPUT);
    assert_text(error.message, "T line 3: \"n\" must be an integer, not a real number");
    assert_int(flx_json_get_object(source, root, "l", true, &node, &error),
               FLX_BAD_INPUT);
    assert_text(error.message, "T line 4: \"l\" must be an object, not a list");
    assert_int(flx_json_get_array(source, root, "gone", true, &node, &error),
               FLX_BAD_INPUT);
    assert_text(error.message, "T line 1: the key \"gone\" is missing");
    assert_int(flx_json_get_word(source, root, "t", true, words, &integer, &error),
               FLX_BAD_INPUT);
    assert_text(error.message, "T line 2: \"t\" is \"x\", it must be min or max");
    flx_json_source_destroy(source);
}

static void refuses_integers_that_would_be_rounded(void)
{
    flx_json_source *source = parse(sample);
    double number = 0;
    int integer = 0;
    flx_error error = {0};
    assert_int(
        flx_json_get_number(source, flx_json_root(source), "big", true, &number, &error),
        FLX_BAD_INPUT);
    assert_contains(error.message, "T line 6: \"big\" is beyond 2^53");
    assert_int(flx_json_get_integer(source, flx_json_root(source), "big", true, 0, 9,
                                    &integer, &error),
               FLX_BAD_INPUT);
    assert_text(error.message,
                "T line 6: \"big\" is 9007199254740993, it must be between 0 and 9");
    flx_json_source_destroy(source);
}

static void reads_files_and_names_what_is_none(void)
{
    scratch_begin();
    flx_json_source *source;
    flx_error error = {0};
    assert_int(flx_json_source_read(scratch_write("a.json", "[]"), &source, &error),
               FLX_OK);
    assert_int((long)json_array_size(flx_json_root(source)), 0);
    flx_json_source_destroy(source);
    assert_int(flx_json_source_read(scratch_path("absent"), &source, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "absent: cannot be opened");
    assert_int(flx_json_source_read(scratch_path("."), &source, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "is a folder");
    scratch_end();
}

CU_TestInfo json_source_tests[] = {
    {"knows the line of everything", knows_the_line_of_everything},
    {"names the line of a syntax error", names_the_line_of_a_syntax_error},
    {"refuses bottomless nesting", refuses_bottomless_nesting},
    {"checks keys", checks_keys},
    {"gives typed values", gives_typed_values},
    {"refuses values of another type", refuses_values_of_another_type},
    {"refuses integers that would be rounded", refuses_integers_that_would_be_rounded},
    {"reads files and names what is none", reads_files_and_names_what_is_none},
    CU_TEST_INFO_NULL,
};
