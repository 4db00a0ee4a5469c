/* str.h -- growing strings, lists of strings, and small string questions. */
#ifndef FE_BASE_STR_H
#define FE_BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

typedef struct fe_str {     /* start with {0}; s is always a terminated string once anything was added */
    char *s;
    size_t len, cap;
} fe_str;

void fe_str_add(fe_str *str, const char *text);
void fe_str_addn(fe_str *str, const void *bytes, size_t n);
char *fe_str_extend(fe_str *str, size_t n);              /* by n bytes of 0, and no room beyond them; where they begin */
void fe_str_addf(fe_str *str, const char *fmt, ...) FE_PRINTF(2, 3);
void fe_str_addnum(fe_str *str, double x);             /* shortest digits that read back the same */
void fe_str_free(fe_str *str);

typedef struct fe_strv {    /* list of owned strings; start with {0} */
    char **s;
    size_t n, cap;
} fe_strv;

void fe_strv_add(fe_strv *list, const char *s);        /* copies */
void fe_strv_free(fe_strv *list);
/* Split at any character of `separators` outside brackets and quotes; blanks around the parts are cut off. */
void fe_strv_split(fe_strv *list, const char *text, const char *separators);

bool fe_str_equal_nocase(const char *a, const char *b);        /* ASCII; NULL equals nothing   */
bool fe_str_starts(const char *s, const char *prefix);
bool fe_str_ends_nocase(const char *s, const char *suffix);
char *fe_str_trim(char *s);                                     /* in place; returns new start  */
#endif
