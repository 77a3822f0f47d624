/* vm.conf: a VmSpec in libconfuse syntax, meant to be read and edited by people. Its syntax is read by conf.c. */
#pragma once

#include "spec/vm-spec.h"

/* Most bytes that a vm.conf may have; one from elsewhere is not trusted. */
#define SPEC_FILE_MAX (256 * 1024)

/* Loads and validates. Errors are CARREL_ERROR_USAGE and begin with "FILE:LINE:COLUMN: "; unknown keys are errors that name the key. */
VmSpec *spec_file_load(const char *path, GError **error);

/* Parses text as if it stood in a file named @path. For tests and the fuzzer. */
VmSpec *spec_file_parse(const char *text, const char *path, GError **error);

/* Writes atomically, each field with its help as comment; fields at their default are left out as comments. */
gboolean spec_file_save(const VmSpec *spec, const char *path, GError **error);

/* The text that spec_file_save() writes. Caller frees. */
char *spec_file_format(const VmSpec *spec);
