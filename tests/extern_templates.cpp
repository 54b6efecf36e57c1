#define BLOCKFIT_TESTS_TEMPLATES template
#include "extern_templates.hpp"
