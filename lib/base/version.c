#include "base/tool.h"

const char fe_version[] = FE_VERSION;
