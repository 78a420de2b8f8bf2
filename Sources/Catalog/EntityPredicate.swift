package import Base

/// Backstage's predicate language (`query` in request bodies, `filter` in MCP tools), read into the same conditions as
/// the `filter` parameter.
package enum EntityPredicate {
    /// Reads a predicate object: operators (`$all`, `$any`, `$not`) or a set of `path: matcher`, never both in one object.
    /// A matcher is a primitive, or one of `$exists`, `$in`, `$hasPrefix`, `$contains`.
    ///
    /// - Throws: `Invalid query: …`, naming the place.
    package static func filter(_ json: JSONValue) throws(CatalogInputError) -> EntityFilter {
        guard let object = json.objectValue else { throw CatalogInputError(.filter, "Query must be an object") }
        guard !ContentCheck(json).hasUnstorable else {
            throw invalid("query", "is too large, or has the character U+0000")
        }
        return try filter(object, at: "query")
    }

    private static func filter(_ object: JSONObject, at place: String) throws(CatalogInputError) -> EntityFilter {
        let operators = object.keys.filter { $0.utf8.first == UInt8(ascii: "$") }
        guard let name = operators.first else {
            var conditions: [EntityFilter] = []
            for (key, matcher) in object { conditions.append(try condition(key, matcher, at: "\(place).\(key)")) }
            return conditions.count == 1 ? conditions[0] : .allOf(conditions)
        }
        guard object.count == 1, let operand = object[name] else {
            throw invalid(place, "an operator stands alone in its object")
        }
        switch name {
        case "$all": return .allOf(try list(operand, at: "\(place).$all"))
        case "$any": return .anyOf(try list(operand, at: "\(place).$any"))
        case "$not":
            guard let inner = operand.objectValue else { throw invalid("\(place).$not", "expected an object") }
            return .not(try filter(inner, at: "\(place).$not"))
        default: throw invalid(place, "unknown operator \(name), expected $all, $any or $not")
        }
    }

    private static func list(_ json: JSONValue, at place: String) throws(CatalogInputError) -> [EntityFilter] {
        guard let elements = json.arrayValue else { throw invalid(place, "expected a list of objects") }
        var filters: [EntityFilter] = []
        for (index, element) in elements.enumerated() {
            guard let object = element.objectValue else { throw invalid("\(place)[\(index)]", "expected an object") }
            filters.append(try filter(object, at: "\(place)[\(index)]"))
        }
        return filters
    }

    private static func condition(
        _ key: String, _ matcher: JSONValue, at place: String
    ) throws(CatalogInputError) -> EntityFilter {
        if let text = primitive(matcher) { return .match(key: key, values: [text]) }
        guard let object = matcher.objectValue, object.count == 1, let name = object.keys.first,
            let operand = object[name]
        else {
            throw invalid(place, "expected a string, number or boolean, or one of $exists, $in, $hasPrefix, $contains")
        }
        switch name {
        case "$exists":
            guard let exists = operand.boolValue else { throw invalid(place, "$exists expects true or false") }
            return exists ? .match(key: key, values: nil) : .not(.match(key: key, values: nil))
        case "$in": return .match(key: key, values: try values(operand, at: "\(place).$in"))
        case "$hasPrefix":
            guard let prefix = operand.stringValue else { throw invalid(place, "$hasPrefix expects a string") }
            return .prefix(key: key, prefix)
        case "$contains": return try contains(key, operand, at: "\(place).$contains")
        default: throw invalid(place, "unknown matcher \(name), expected $exists, $in, $hasPrefix or $contains")
        }
    }

    private static func contains(
        _ key: String, _ operand: JSONValue, at place: String
    ) throws(CatalogInputError) -> EntityFilter {
        if let text = primitive(operand) { return .match(key: key, values: [text]) }
        guard key.lowercased() == "relations" else {
            throw invalid(place, "Non primitive forms of the $contains operator is not supported")
        }
        guard let type = operand["type"]?.stringValue,
            operand.objectValue?.keys.allSatisfy({ ["type", "targetRef"].contains($0) }) == true
        else { throw invalid(place, "expected {type, targetRef}") }
        guard let target = operand["targetRef"] else { return .match(key: "relations.\(type)", values: nil) }
        if let text = primitive(target) { return .match(key: "relations.\(type)", values: [text]) }
        guard let list = target["$in"], target.objectValue?.count == 1 else {
            throw invalid("\(place).targetRef", "expected a string or $in")
        }
        return .match(key: "relations.\(type)", values: try values(list, at: "\(place).targetRef.$in"))
    }

    private static func values(_ json: JSONValue, at place: String) throws(CatalogInputError) -> [String] {
        guard let elements = json.arrayValue else { throw invalid(place, "expected a list") }
        var texts: [String] = []
        for element in elements {
            guard let text = primitive(element) else { throw invalid(place, "expected strings, numbers or booleans") }
            texts.append(text)
        }
        return texts
    }

    /// As the search index writes scalars.
    private static func primitive(_ json: JSONValue) -> String? {
        switch json {
        case .string(let text): text
        case .bool, .int, .uint: json.text()
        case .double(let number): Int64(exactly: number).map { String($0) } ?? number.description
        default: nil
        }
    }

    private static func invalid(_ place: String, _ detail: String) -> CatalogInputError {
        CatalogInputError(.filter, "Invalid query: \(place): \(detail)")
    }
}
