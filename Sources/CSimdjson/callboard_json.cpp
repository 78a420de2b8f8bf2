#include "callboard_json.h"

#include <memory>
#include <new>
#include <simdjson.h>

struct callboard_json_document {
    simdjson::dom::parser parser;
};

callboard_json_document *callboard_json_create(void) { return new (std::nothrow) callboard_json_document(); }

bool callboard_json_read(
    callboard_json_document *document, const uint8_t *bytes, size_t length, size_t max_depth, const char **error) {
    simdjson::dom::parser &parser = document->parser;
    simdjson::error_code code = simdjson::SUCCESS;
    // Sets the depth; memory that suffices is kept.
    if (parser.capacity() < length || parser.max_depth() != max_depth) {
        code = parser.allocate(length, max_depth);
    }
    if (code == simdjson::SUCCESS) {
        code = parser.parse(bytes, length, true).error();
    }
    if (code != simdjson::SUCCESS) {
        *error = simdjson::error_message(code);
    }
    return code == simdjson::SUCCESS;
}

size_t callboard_json_capacity(const callboard_json_document *document) { return document->parser.capacity(); }

const uint64_t *callboard_json_tape(const callboard_json_document *document) { return document->parser.doc.tape.get(); }

const uint8_t *callboard_json_strings(const callboard_json_document *document) {
    return document->parser.doc.string_buf.get();
}

void callboard_json_free(callboard_json_document *document) { delete document; }
