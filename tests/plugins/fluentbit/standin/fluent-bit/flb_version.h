/* The tests' own host: the version that a plugin is built for. */
#pragma once

#define FLB_VERSION_MAJOR 5
#define FLB_VERSION_MINOR 1
