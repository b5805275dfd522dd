/* SPDX-License-Identifier: MIT
 * Values by key: what is read, and the sentence for what is wrong. */
#include "formats/json/json_source.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static const char document[] =
    "{\"text\": \"a\",\n \"number\": 2.5,\n \"whole\": 7,\n \"flag\": true,\n"
    " \"list\": [\"x\", \"\", 3],\n \"one\": \"x\",\n \"inner\": {},\n"
    " \"large\": 9007199254740993,\n \"null\": null}";

static flx_json_source *source;
static const json_t *root;
static flx_error error;

static void open_document(void)
{
    error = (flx_error){0};
    assert_int(
        flx_json_source_parse(document, strlen(document), "V.json", &source, &error),
        FLX_OK);
    root = flx_json_root(source);
}

static void values_are_read(void)
{
    const char *text = NULL;
    double number = 0;
    int whole = 0, word = -1;
    bool flag = false;
    static const char *const words[] = {"b", "a", NULL};
    open_document();
    assert_int(flx_json_get_text(source, root, "text", true, &text, &error), FLX_OK);
    assert_text(text, "a");
    assert_int(flx_json_get_number(source, root, "number", true, &number, &error),
               FLX_OK);
    assert_close(number, 2.5, 0, 0);
    assert_int(flx_json_get_number(source, root, "whole", true, &number, &error), FLX_OK);
    assert_close(number, 7, 0, 0);
    assert_int(flx_json_get_integer(source, root, "whole", true, 7, 7, &whole, &error),
               FLX_OK);
    assert_int(whole, 7);
    assert_int(flx_json_get_boolean(source, root, "flag", true, &flag, &error), FLX_OK);
    assert_true(flag);
    assert_int(flx_json_get_word(source, root, "text", true, words, &word, &error),
               FLX_OK);
    assert_int(word, 1);
    flx_json_source_destroy(source);
}

static void an_absent_optional_value_changes_nothing(void)
{
    const char *text = "kept";
    double number = 0.5;
    int whole = 3;
    open_document();
    assert_int(flx_json_get_text(source, root, "no", false, &text, &error), FLX_OK);
    assert_int(flx_json_get_number(source, root, "no", false, &number, &error), FLX_OK);
    assert_int(flx_json_get_integer(source, root, "no", false, 0, 9, &whole, &error),
               FLX_OK);
    assert_text(text, "kept");
    assert_close(number, 0.5, 0, 0);
    assert_int(whole, 3);
    flx_json_source_destroy(source);
}

static void refused(flx_status status, const char *message)
{
    assert_int(status, FLX_BAD_INPUT);
    assert_text(error.message, message);
}

static void wrong_values_are_named_with_their_line(void)
{
    const char *text;
    double number;
    int whole;
    bool flag;
    json_t *node;
    static const char *const words[] = {"b", "c", "d", NULL};
    open_document();
    refused(flx_json_get_text(source, root, "no", true, &text, &error),
            "V.json line 1: the key \"no\" is missing");
    refused(flx_json_get_text(source, root, "number", false, &text, &error),
            "V.json line 2: \"number\" must be a text, not a real number");
    refused(flx_json_get_number(source, root, "text", true, &number, &error),
            "V.json line 1: \"text\" must be a number, not a text");
    refused(flx_json_get_number(source, root, "large", true, &number, &error),
            "V.json line 8: \"large\" is beyond 2^53, where integers are no longer "
            "exact");
    refused(flx_json_get_integer(source, root, "number", true, 0, 9, &whole, &error),
            "V.json line 2: \"number\" must be an integer, not a real number");
    refused(flx_json_get_integer(source, root, "whole", true, 0, 6, &whole, &error),
            "V.json line 3: \"whole\" is 7, it must be between 0 and 6");
    refused(flx_json_get_boolean(source, root, "null", true, &flag, &error),
            "V.json line 9: \"null\" must be true or false, not null");
    refused(flx_json_get_array(source, root, "inner", true, &node, &error),
            "V.json line 7: \"inner\" must be a list, not an object");
    refused(flx_json_get_object(source, root, "list", true, &node, &error),
            "V.json line 5: \"list\" must be an object, not a list");
    refused(flx_json_get_word(source, root, "text", true, words, &whole, &error),
            "V.json line 1: \"text\" is \"a\", it must be b, c or d");
    flx_json_source_destroy(source);
}

static void lists_are_walked_through(void)
{
    flx_json_list list;
    const char *text;
    open_document();
    assert_int(flx_json_open_list(source, root, "list", 1, 3, &list, &error), FLX_OK);
    assert_true(flx_json_next(&list));
    assert_int(flx_json_list_text(&list, "an entry", &text, &error), FLX_OK);
    assert_text(text, "x");
    assert_true(flx_json_next(&list));
    refused(flx_json_list_text(&list, "an entry", &text, &error),
            "V.json line 5: an entry is an empty text");
    assert_true(flx_json_next(&list));
    refused(flx_json_list_text(&list, "an entry", &text, &error),
            "V.json line 5: an entry must be a text, not an integer");
    assert_true(!flx_json_next(&list));
    refused(flx_json_open_list(source, root, "list", 0, 2, &list, &error),
            "V.json line 5: \"list\" holds 3 entries, at most 2 are possible");
    refused(flx_json_open_list(source, root, "list", 4, 9, &list, &error),
            "V.json line 5: \"list\" holds 3 entries, expected 4 to 9");
    assert_int(flx_json_open_list(source, root, "no", 1, 2, &list, &error), FLX_OK);
    assert_true(!flx_json_next(&list));
    flx_json_source_destroy(source);
}

static void one_text_is_a_list_of_one(void)
{
    flx_text_list texts = {0};
    open_document();
    assert_int(flx_json_get_texts(source, root, "one", true, &texts, &error), FLX_OK);
    assert_int(texts.count, 1);
    assert_text(texts.texts[0], "x");
    free(texts.texts);
    texts = (flx_text_list){0};
    refused(flx_json_get_texts(source, root, "list", true, &texts, &error),
            "V.json line 5: \"list\" must hold texts only");
    free(texts.texts);
    flx_json_source_destroy(source);
}

CU_TestInfo json_values_tests[] = {
    {"values are read", values_are_read},
    {"an absent optional value changes nothing",
     an_absent_optional_value_changes_nothing},
    {"wrong values are named with their line", wrong_values_are_named_with_their_line},
    {"lists are walked through", lists_are_walked_through},
    {"one text is a list of one", one_text_is_a_list_of_one},
    CU_TEST_INFO_NULL,
};
