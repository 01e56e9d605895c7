// Variables of the environment that were probably meant for Airflow, and that
// Airflow does not heed.

#pragma once

#include <vector>

#include "src/secret/warning.h"

namespace maskpipe {

// Looks at the names of all variables; values do not matter.
void CheckVariableNames(std::vector<Warning>* warnings);

}  // namespace maskpipe
