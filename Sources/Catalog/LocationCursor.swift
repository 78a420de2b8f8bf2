package import Base

/// A place in a listing of `/locations/by-query`, with what is listed. Clients send it back as it is.
package struct LocationCursor: Sendable, Hashable {
    package let limit: Int
    /// The id that the page starts after.
    package let afterID: String
    /// The predicate as it was asked.
    package let query: JSONValue?

    package init(limit: Int, afterID: String, query: JSONValue?) {
        self.limit = limit
        self.afterID = afterID
        self.query = query
    }

    /// Base64 of the JSON, as it is sent.
    package var encoded: String {
        var json: JSONObject = ["limit": .int(Int64(limit)), "afterId": .string(afterID)]
        json["query"] = query
        return Base64.encode(JSONValue.object(json).serialized())
    }

    /// Reads what `encoded` writes.
    ///
    /// - Throws: in Backstage's words, saying which part is wrong.
    package init(decoding text: String) throws(CatalogInputError) {
        guard let bytes = Base64.decode(text, strict: false), let json = try? JSONValue(parsing: bytes) else {
            throw CatalogInputError(.cursor, "Malformed cursor, unknown encoding")
        }
        guard let limit = json["limit"]?.intValue, limit >= 1, let limit = Int(exactly: limit) else {
            throw CatalogInputError(.cursor, "Malformed cursor: limit is missing or invalid")
        }
        guard let after = json["afterId"]?.stringValue, !after.utf8.contains(0) else {
            throw CatalogInputError(.cursor, "Malformed cursor: afterId is missing or invalid")
        }
        guard json["query"]?.objectValue != nil || json["query"] == nil else {
            throw CatalogInputError(.cursor, "Malformed cursor: query is invalid")
        }
        self.init(limit: limit, afterID: after, query: json["query"])
    }
}
