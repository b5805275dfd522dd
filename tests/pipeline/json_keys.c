/* SPDX-License-Identifier: MIT
 * usage: json_keys FILE [KEY...]
 * Whether FILE is one JSON object and nothing else, without a key given twice, and each
 * KEY stands somewhere in it. Exit status 1 says what is wrong. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

static bool has_key(json_t *value, const char *key)
{
    const char *name;
    json_t *item;
    size_t i;
    if (json_object_get(value, key))
        return true;
    json_object_foreach(value, name, item) {
        if (has_key(item, key))
            return true;
    }
    json_array_foreach(value, i, item) {
        if (has_key(item, key))
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    json_error_t error;
    int missing = 0;
    json_t *document =
        argc > 1 ? json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error) : NULL;
    if (!json_is_object(document)) {
        if (argc < 2)
            puts("usage: json_keys FILE [KEY...]");
        else if (document)
            puts("the document is no object");
        else
            printf("line %d: %s\n", error.line, error.text);
        return 1;
    }
    for (int i = 2; i < argc; i++)
        if (!has_key(document, argv[i])) {
            printf("no key \"%s\"\n", argv[i]);
            missing++;
        }
    json_decref(document);
    return missing > 0;
}
