// A C face on simdjson's DOM parser: one call parses a document; the caller reads simdjson's tape.
// The tape's format is documented in simdjson's doc/tape.md.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct callboard_json_document callboard_json_document;

/// A document that texts can be read into one after the other, each taking the place of the one before. NULL when out
/// of memory. Freed with callboard_json_free.
callboard_json_document *callboard_json_create(void);

/// Parses length bytes of UTF-8 JSON with at most max_depth nested containers into the document. On failure sets *error
/// to a static message and returns false; the document then holds nothing.
bool callboard_json_read(
    callboard_json_document *document, const uint8_t *bytes, size_t length, size_t max_depth, const char **error);

/// The longest text that the document has memory for.
size_t callboard_json_capacity(const callboard_json_document *document);

/// simdjson's tape: the type in the top byte of each word, the payload in the low 56 bits.
const uint64_t *callboard_json_tape(const callboard_json_document *document);

/// The buffer that string words point into: a 32-bit length in host order, then that many bytes.
const uint8_t *callboard_json_strings(const callboard_json_document *document);

void callboard_json_free(callboard_json_document *document);

#ifdef __cplusplus
}
#endif
