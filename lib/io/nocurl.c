/* Linked with the static CFITSIO in place of libcurl: these tools never open a network address, and libcurl's thirty
 * shared libraries cost more at start-up than a conversion.  CFITSIO's https and ftps drivers find no transport. */
#include <stddef.h>

void *curl_easy_init(void);
int curl_easy_setopt(void *handle, int option, ...);
int curl_easy_perform(void *handle);
void curl_easy_cleanup(void *handle);
int curl_global_init(long flags);
void curl_global_cleanup(void);

enum { CURLE_FAILED_INIT = 2 };     /* curl.h */

void *curl_easy_init(void)
{
    return NULL;
}

int curl_easy_setopt(void *handle, int option, ...)
{
    (void)handle;
    (void)option;
    return CURLE_FAILED_INIT;
}

int curl_easy_perform(void *handle)
{
    (void)handle;
    return CURLE_FAILED_INIT;
}

void curl_easy_cleanup(void *handle)
{
    (void)handle;
}

int curl_global_init(long flags)
{
    (void)flags;
    return 0;
}

void curl_global_cleanup(void)
{
}
