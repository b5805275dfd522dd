/* SPDX-License-Identifier: MIT
 * Cells to values (see the header). Numbers are checked for their letters first, since
 * the C library would also take hexadecimal, "infinity" and "nan". */
#include "formats/import/import_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"
#define DIGITS "0123456789"

/* Length of the text without the blanks around it, which *text is moved past. */
static size_t trim(const char **text)
{
    *text += strspn(*text, BLANKS);
    size_t length = strlen(*text);
    while (length && strchr(BLANKS, (*text)[length - 1]))
        length--;
    return length;
}

bool flx_import_is_missing(const flx_import_map *map, const char *text)
{
    if (!text)
        return true;
    size_t length = trim(&text);
    for (int i = 0; i < map->missing.count; i++)
        if (strlen(map->missing.texts[i]) == length &&
            memcmp(map->missing.texts[i], text, length) == 0)
            return true;
    return false;
}

flx_status flx_import_number(const flx_import_map *map, const flx_import_cell *cell,
                             double *value, flx_error *error)
{
    *value = NAN;
    if (flx_import_is_missing(map, cell->text))
        return FLX_OK;
    const char *text = cell->text;
    size_t length = trim(&text);
    char *end = NULL;
    *value = strtod(text, &end);
    if (end != text + length || strspn(text, DIGITS "+-.eE") != length)
        return flx_import_cell_fail(cell, error, "holds \"%.60s\", which is no number",
                                    cell->text);
    if (!isfinite(*value))
        return flx_import_cell_fail(cell, error, "holds \"%.60s\", which is too large",
                                    cell->text);
    return FLX_OK;
}

flx_status flx_import_value(const flx_import_map *map, const flx_import_rule *rule,
                            const flx_import_cell *cell, double *value, flx_error *error)
{
    if (!rule->values.count) {
        FLX_TRY(flx_import_number(map, cell, value, error));
        *value *= rule->scale;
        return isinf(*value)
                   ? flx_import_cell_fail(cell, error,
                                          "holds \"%.60s\", too large by its scale",
                                          cell->text)
                   : FLX_OK;
    }
    /* a choice may be called "NA": its values come before the missing ones */
    for (int i = 0; cell->text && i < rule->values.count; i++)
        if (strcmp(rule->values.texts[i], cell->text) == 0) {
            *value = i;
            return FLX_OK;
        }
    *value = NAN;
    if (flx_import_is_missing(map, cell->text))
        return FLX_OK;
    return flx_import_cell_fail(
        cell, error, "holds \"%.60s\", which is none of its %d values (\"%.60s\"%s)",
        cell->text, rule->values.count, rule->values.texts[0],
        rule->values.count > 1 ? " and others" : "");
}

bool flx_integer_from_text(const char *text, int64_t *value)
{
    size_t length = trim(&text);
    bool is_negative = length && *text == '-';
    size_t digits = strspn(text + is_negative, DIGITS);
    if (digits == 0 || digits > 18 || digits + is_negative != length)
        return false;
    *value = strtoll(text, NULL, 10);
    return true;
}

/* Exactly `count` digits; moves on. */
static bool take_number(const char **at, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, ++*at) {
        if (**at < '0' || **at > '9')
            return false;
        *value = 10 * *value + (**at - '0');
    }
    return true;
}

static bool take(const char **at, const char *any_of)
{
    if (!**at || !strchr(any_of, **at))
        return false;
    ++*at;
    return true;
}

/* Days since 1970-01-01 of the Gregorian calendar; years of 400-year eras from March on.
 */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - 400 * era;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era =
        365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return 146097 * era + day_of_era - 719468;
}

static bool take_date(const char **at, int64_t *days)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!take_number(at, 4, &year) || !take(at, "-") || !take_number(at, 2, &month) ||
        !take(at, "-") || !take_number(at, 2, &day))
        return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1] ||
        (month == 2 && day == 29 && !is_leap))
        return false;
    *days = days_of(year, month, day);
    return true;
}

/* hh:mm[:ss[.fraction]] */
static bool take_clock(const char **at, int64_t *seconds)
{
    int hour, minute, second = 0;
    if (!take_number(at, 2, &hour) || !take(at, ":") || !take_number(at, 2, &minute))
        return false;
    if (take(at, ":")) {
        if (!take_number(at, 2, &second))
            return false;
        if (take(at, ".,")) {
            size_t digits = strspn(*at, DIGITS);
            *at += digits;
            if (!digits)
                return false;
        }
    }
    *seconds = 3600 * hour + 60 * minute + second;
    return hour < 24 && minute < 60 && second < 61; /* a leap second counts as the next */
}

/* Z, +hh:mm, +hhmm, +hh, or nothing for UTC. */
static bool take_zone(const char **at, int64_t *seconds)
{
    int hour, minute = 0, sign = **at == '-' ? -1 : 1;
    *seconds = 0;
    if (take(at, "Zz") || !take(at, "+-"))
        return true;
    if (!take_number(at, 2, &hour))
        return false;
    bool has_minutes = take(at, ":") || (**at >= '0' && **at <= '9');
    if (has_minutes && !take_number(at, 2, &minute))
        return false;
    *seconds = sign * (3600 * hour + 60 * minute);
    return hour < 24 && minute < 60;
}

bool flx_time_from_text(const char *text, int64_t *seconds)
{
    if (flx_integer_from_text(text, seconds))
        return true;
    size_t length = trim(&text);
    const char *end = text + length;
    int64_t days, clock = 0, zone = 0;
    if (!take_date(&text, &days))
        return false;
    if (text < end &&
        (!take(&text, "Tt ") || !take_clock(&text, &clock) || !take_zone(&text, &zone)))
        return false;
    *seconds = 86400 * days + clock - zone;
    return text == end;
}

flx_status flx_import_time(const flx_import_map *map, const flx_import_cell *cell,
                           int64_t *seconds, flx_error *error)
{
    if (flx_import_is_missing(map, cell->text))
        return flx_import_cell_fail(cell, error, "holds no time");
    if (flx_time_from_text(cell->text, seconds))
        return FLX_OK;
    return flx_import_cell_fail(
        cell, error,
        "holds \"%.60s\", which is no time (integer Unix seconds or "
        "ISO 8601)",
        cell->text);
}
