/* SPDX-License-Identifier: MIT
 * Times and integers from text; seconds since 1970 are those of `date -u -d ... +%s`. */
#include "formats/import/import_values.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>

static void times_are_read(void)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } times[] = {{"1685304489", 1685304489},
                 {" -5 ", -5},
                 {"1970-01-01", 0},
                 {"1969-12-31T23:59:59Z", -1},
                 {"2023-05-28T20:08:09Z", 1685304489},
                 {"2023-05-28 20:08:09", 1685304489},
                 {"2023-05-28T20:08:09.999", 1685304489},
                 {"2023-05-28T22:08:09+02:00", 1685304489},
                 {"2023-05-28T22:08:09+0200", 1685304489},
                 {"2023-05-28T22:08:09+02", 1685304489},
                 {"2023-05-28T14:38:09-05:30", 1685304489},
                 {"2000-02-29T12:00", 951825600},
                 {"2016-12-31T23:59:60Z", 1483228800}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t seconds = 0;
        assert_true(flx_time_from_text(times[i].text, &seconds));
        assert_int((long)seconds, (long)times[i].seconds);
    }
}

static void what_is_no_time_is_refused(void)
{
    static const char *const texts[] = {"",
                                        "soon",
                                        "2023-02-29",
                                        "1900-02-29",
                                        "2023-13-01",
                                        "2023-00-10",
                                        "2023-04-31",
                                        "2023-05-28T24:00",
                                        "2023-05-28T20:60",
                                        "2023-5-28",
                                        "2023-05-28T",
                                        "2023-05-28T20:08:09.",
                                        "2023-05-28T20:08:09+2",
                                        "2023-05-28x",
                                        "1e5",
                                        "0x10",
                                        "1234567890123456789"};
    int64_t seconds;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(!flx_time_from_text(texts[i], &seconds));
}

static void integers_have_at_most_18_digits(void)
{
    int64_t value = 0;
    assert_true(flx_integer_from_text("999999999999999999", &value));
    assert_true(value == 999999999999999999);
    assert_true(flx_integer_from_text("\t-12 ", &value));
    assert_int((long)value, -12);
    assert_true(!flx_integer_from_text("1000000000000000000", &value));
    assert_true(!flx_integer_from_text("1.0", &value));
    assert_true(!flx_integer_from_text("- 1", &value));
    assert_true(!flx_integer_from_text("+1", &value));
}

CU_TestInfo import_values_tests[] = {
    {"times are read", times_are_read},
    {"what is no time is refused", what_is_no_time_is_refused},
    {"integers have at most 18 digits", integers_have_at_most_18_digits},
    CU_TEST_INFO_NULL,
};
