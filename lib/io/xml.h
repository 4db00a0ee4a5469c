/* xml.h -- an XML text as a tree of elements with their attributes: the only user of expat.
 *
 * Strict, but for one thing: several elements may stand side by side at the top, as in result files of ctools; the
 * tree's root is an element without a name that holds them.  Text between elements is dropped.  A document type
 * (entities) is refused.
 */
#ifndef FE_IO_XML_H
#define FE_IO_XML_H
#include <stddef.h>
#include "base/err.h"

typedef struct fe_xml fe_xml;
typedef struct fe_xml_element fe_xml_element;       /* borrowed from the fe_xml it came from            */

fe_xml *fe_xml_parse(const char *text, size_t n, const char *file, fe_err *err);
void fe_xml_free(fe_xml *);
const fe_xml_element *fe_xml_root(const fe_xml *);
const char *fe_xml_name(const fe_xml_element *);
size_t fe_xml_size(const fe_xml_element *);                                     /* of its children      */
const fe_xml_element *fe_xml_child(const fe_xml_element *, size_t i);
const fe_xml_element *fe_xml_find(const fe_xml_element *, const char *name);    /* first child; NULL    */
const char *fe_xml_attribute(const fe_xml_element *, const char *name);         /* NULL: none           */
long fe_xml_line(const fe_xml_element *);                                       /* 1-based              */
const char *fe_xml_library(void);                                               /* "expat 2.5.0"        */
#endif
