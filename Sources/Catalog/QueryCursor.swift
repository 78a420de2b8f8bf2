package import Base

/// A text to look for in fields of entities.
package struct FullTextFilter: Sendable, Hashable {
    /// In lower case and trimmed when it is used; kept as given.
    package let term: String
    /// Nil: the sort field, else `metadata.uid`.
    package let fields: [String]?

    package init(term: String, fields: [String]? = nil) {
        self.term = term
        self.fields = fields
    }
}

/// A place in a listing of `/entities/by-query`, with all that says what is listed. Clients send it back as it is.
package struct QueryCursor: Sendable, Hashable {
    /// Empty: the default order.
    package var orderFields: [OrderField]
    /// The row that the page starts after: `[sort value, id]`, or `[id]` without an order field.
    package var orderFieldValues: [String?]
    /// True: the page ends before that row.
    package var isPrevious: Bool
    package var filter: EntityFilter?
    /// A predicate object, unread.
    package var query: JSONValue?
    package var fullTextFilter: FullTextFilter?
    /// The very first row of the listing, which has nothing before it.
    package var firstSortFieldValues: [String?]?
    /// Counted once, then carried along; nil when it was not counted.
    package var totalItems: Int?

    /// A place in the listing without any filter; set what applies.
    package init(orderFields: [OrderField], orderFieldValues: [String?], isPrevious: Bool = false) {
        self.orderFields = orderFields
        self.orderFieldValues = orderFieldValues
        self.isPrevious = isPrevious
    }
}

extension QueryCursor {
    /// Base64 of the JSON, as it is sent.
    package var encoded: String { Base64.encode(JSONValue.object(json).serialized()) }

    private var json: JSONObject {
        var json: JSONObject = [
            "orderFields": .array(
                orderFields.map { ["field": .string($0.field), "order": .string($0.direction.rawValue)] }),
            "orderFieldValues": Self.json(orderFieldValues),
            "isPrevious": .bool(isPrevious),
        ]
        json["filter"] = filter?.json
        json["query"] = query
        json["fullTextFilter"] = fullTextFilter.map { filter in
            var object: JSONObject = ["term": .string(filter.term)]
            object["fields"] = filter.fields.map { .array($0.map { .string($0) }) }
            return .object(object)
        }
        json["firstSortFieldValues"] = firstSortFieldValues.map(Self.json)
        json["totalItems"] = totalItems.map { .int(Int64($0)) }
        return json
    }

    private static func json(_ values: [String?]) -> JSONValue {
        .array(values.map { $0.map { .string($0) } ?? .null })
    }
}

extension QueryCursor {
    /// Reads what `encoded` writes. Padding may be missing.
    ///
    /// - Throws: `Malformed cursor: …`, saying which part is wrong.
    package init(decoding text: String) throws(CatalogInputError) {
        guard let bytes = Base64.decode(text, strict: false), let json = try? JSONValue(parsing: bytes) else {
            throw Self.malformed("could not be parsed")
        }
        guard !ContentCheck(json).hasUnstorable else { throw Self.malformed("has the character U+0000") }
        self.init(
            orderFields: try Self.required(
                json["orderFields"]?.arrayValue?.mapOrNil(OrderField.init(json:)), "orderFields"),
            orderFieldValues: try Self.required(json["orderFieldValues"]?.positions, "orderFieldValues"),
            isPrevious: try Self.required(json["isPrevious"]?.boolValue, "isPrevious"))
        filter = try Self.optional(json["filter"], "filter") { EntityFilter(json: $0) }
        query = try Self.optional(json["query"], "query") { $0.objectValue.map { .object($0) } }
        fullTextFilter = try Self.optional(json["fullTextFilter"], "fullTextFilter", FullTextFilter.init(json:))
        firstSortFieldValues = try Self.optional(json["firstSortFieldValues"], "firstSortFieldValues", \.positions)
        totalItems = try Self.optional(json["totalItems"], "totalItems") {
            $0.intValue.flatMap { Int(exactly: $0) }.flatMap { $0 < 0 ? nil : $0 }
        }
    }

    private static func malformed(_ what: String) -> CatalogInputError {
        CatalogInputError(.cursor, "Malformed cursor: \(what)")
    }

    private static func required<Value>(_ value: Value?, _ name: String) throws(CatalogInputError) -> Value {
        guard let value else { throw malformed("\(name) is missing or invalid") }
        return value
    }

    private static func optional<Value>(
        _ json: JSONValue?, _ name: String, _ read: (JSONValue) -> Value?
    ) throws(CatalogInputError) -> Value? {
        guard let json else { return nil }
        guard let value = read(json) else { throw malformed("\(name) is invalid") }
        return value
    }
}

extension OrderField {
    fileprivate init?(json: JSONValue) {
        guard let field = json["field"]?.stringValue, !field.isEmpty,
            let direction = json["order"]?.stringValue.flatMap(Direction.init(rawValue:))
        else { return nil }
        self.init(field: field, direction: direction)
    }
}

extension FullTextFilter {
    fileprivate init?(json: JSONValue) {
        guard let term = json["term"]?.stringValue else { return nil }
        let fields = json["fields"]?.strings
        guard fields != nil || json["fields"] == nil else { return nil }
        self.init(term: term, fields: fields)
    }
}

extension JSONValue {
    /// One or two strings or nulls: a row's place in an order.
    fileprivate var positions: [String?]? {
        guard let values = arrayValue, (1...2).contains(values.count) else { return nil }
        return values.mapOrNil { value in value.isNull ? .some(nil) : value.stringValue.map { .some($0) } }
    }
}
