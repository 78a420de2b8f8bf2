package import Base

/// Which entities a request is about: conditions on the search index, joined by and, or, not. This is the normal form
/// of the `filter` parameter, which cursors carry.
package indirect enum EntityFilter: Sendable, Hashable {
    /// The key is there; with values, one of them is there. An empty list of values matches nothing.
    case match(key: String, values: [String]?)
    /// The key is there with a value that begins so, in any letter case.
    case prefix(key: String, String)
    case allOf([EntityFilter])
    case anyOf([EntityFilter])
    case not(EntityFilter)
}

extension EntityFilter {
    /// Reads the values of all `filter` parameters of a request: comma-separated statements `key`, `key=value` or
    /// `key=` are and-ed, the same key twice means any of its values, repeated parameters are or-ed.
    ///
    /// - Returns: nil when every value is blank, which means no filtering.
    /// - Throws: for a statement without a key.
    package static func parsing(_ parameters: [String]) throws(CatalogInputError) -> EntityFilter? {
        var alternatives: [EntityFilter] = []
        for parameter in parameters {
            if let filter = try parsing(parameter) { alternatives.append(filter) }
        }
        return alternatives.count > 1 ? .anyOf(alternatives) : alternatives.first
    }

    private static func parsing(_ parameter: String) throws(CatalogInputError) -> EntityFilter? {
        var conditions: [(key: String, values: [String]?)] = []
        var positions: [String: Int] = [:]
        for statement in parameter.commaList {
            let (key, value) = try split(statement)
            if let position = positions[key] {
                if let value { conditions[position].values = (conditions[position].values ?? []) + [value] }
            } else {
                positions[key] = conditions.count
                conditions.append((key, value.map { [$0] }))
            }
        }
        let filters = conditions.map { EntityFilter.match(key: $0.key, values: $0.values) }
        return filters.count > 1 ? .allOf(filters) : filters.first
    }

    private static func split(_ statement: String) throws(CatalogInputError) -> (key: String, value: String?) {
        let equals = statement.utf8.firstIndex(of: UInt8(ascii: "="))
        let key = statement[..<(equals ?? statement.endIndex)].trimmed
        guard !key.isEmpty, !statement.hasNUL else {
            throw CatalogInputError(
                .filter,
                "Invalid filter, '\(statement)' is not a valid statement (expected a string on the form a=b or a= or a)"
            )
        }
        return (key, equals.map { statement[statement.utf8.index(after: $0)...].trimmed })
    }
}

extension EntityFilter {
    /// More conditions and values than any honest request has; each costs the database work.
    private static let maximumSize = 1_000

    /// This filter.
    ///
    /// - Throws: when it has more than 1,000 conditions and values.
    package var bounded: EntityFilter {
        get throws(CatalogInputError) {
            guard size <= Self.maximumSize else {
                throw CatalogInputError(
                    .filter, "Invalid filter, it has more than \(Self.maximumSize) conditions and values")
            }
            return self
        }
    }

    private var size: Int {
        switch self {
        case .match(_, let values): 1 + (values?.count ?? 0)
        case .prefix: 2
        case .allOf(let filters), .anyOf(let filters): filters.reduce(1) { $0 + $1.size }
        case .not(let filter): 1 + filter.size
        }
    }
}

extension EntityFilter {
    /// Whether an entity with these search tokens (`SearchTokens.tokens`) matches.
    package func matches(_ tokens: Set<String>) -> Bool {
        switch self {
        case .match(let key, nil): tokens.contains(SearchTokens.exists(key))
        case .match(let key, let values?): values.contains { tokens.contains(SearchTokens.equals(key, $0)) }
        case .prefix(let key, let prefix):
            tokens.contains { $0.utf8.starts(with: SearchTokens.equals(key, prefix).utf8) }
        case .allOf(let filters): filters.allSatisfy { $0.matches(tokens) }
        case .anyOf(let filters): filters.contains { $0.matches(tokens) }
        case .not(let filter): !filter.matches(tokens)
        }
    }
}

extension EntityFilter {
    /// `{key, values?}`, `{key, prefix}`, `{allOf: […]}`, `{anyOf: […]}` or `{not: …}`.
    package var json: JSONValue {
        switch self {
        case .match(let key, nil): ["key": .string(key)]
        case .match(let key, let values?): ["key": .string(key), "values": .array(values.map { .string($0) })]
        case .prefix(let key, let prefix): ["key": .string(key), "prefix": .string(prefix)]
        case .allOf(let filters): ["allOf": .array(filters.map(\.json))]
        case .anyOf(let filters): ["anyOf": .array(filters.map(\.json))]
        case .not(let filter): ["not": filter.json]
        }
    }

    /// Reads what `json` writes; nil for anything else. The nesting is as deep as the JSON, which its parser bounds.
    package init?(json: JSONValue) {
        guard let object = json.objectValue else { return nil }
        let filter: EntityFilter? =
            switch object.keys.sorted() {
            case ["key"]: object["key"]?.stringValue.map { .match(key: $0, values: nil) }
            case ["key", "values"]: Self.match(object["key"], values: object["values"])
            case ["key", "prefix"]: Self.prefix(object["key"], object["prefix"])
            case ["allOf"]: Self.list(object["allOf"]).map { .allOf($0) }
            case ["anyOf"]: Self.list(object["anyOf"]).map { .anyOf($0) }
            case ["not"]: object["not"].flatMap { EntityFilter(json: $0) }.map { .not($0) }
            default: nil
            }
        guard let filter else { return nil }
        self = filter
    }

    private static func match(_ key: JSONValue?, values: JSONValue?) -> EntityFilter? {
        guard let key = key?.stringValue, let values = values?.strings else { return nil }
        return .match(key: key, values: values)
    }

    private static func prefix(_ key: JSONValue?, _ prefix: JSONValue?) -> EntityFilter? {
        guard let key = key?.stringValue, let prefix = prefix?.stringValue else { return nil }
        return .prefix(key: key, prefix)
    }

    private static func list(_ json: JSONValue?) -> [EntityFilter]? {
        json?.arrayValue?.mapOrNil { EntityFilter(json: $0) }
    }
}
