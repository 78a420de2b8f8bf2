/// A field to sort entities by.
package struct OrderField: Sendable, Hashable {
    /// The direction of an order.
    package enum Direction: String, Sendable {
        case ascending = "asc"
        case descending = "desc"
    }

    /// A dotted path as in filters, in the caller's letter case.
    package let field: String
    package let direction: Direction

    package init(field: String, direction: Direction = .ascending) {
        self.field = field
        self.direction = direction
    }

    /// Reads `field[,asc|desc]`, as `/entities/by-query` writes it; without direction it is ascending.
    package init(byQuery text: String) throws(CatalogInputError) {
        let parts = text.parts(separatedBy: ",")
        let direction = parts.count > 1 ? Direction(rawValue: parts[1]) : .ascending
        guard let direction else {
            throw CatalogInputError(.order, "Invalid order field order, must be asc or desc")
        }
        let field = parts[0].trimmed
        guard !field.isEmpty, !field.hasNUL else {
            throw CatalogInputError(
                .order, "Invalid order field \"\(field)\", expected \"<field name>[,<asc or desc>]\"")
        }
        self.init(field: field, direction: direction)
    }

    /// Reads `asc:<field>` or `desc:<field>`, as `/entities` writes it.
    package init(entities text: String) throws(CatalogInputError) {
        let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        let direction = colon.flatMap { Direction(rawValue: String(text[..<$0])) }
        let field = colon.map { String(text[text.utf8.index(after: $0)...]) } ?? ""
        guard let direction, !field.isEmpty, !field.hasNUL else {
            throw CatalogInputError(
                .order, "Invalid order parameter \"\(text)\", expected \"<asc or desc>:<field name>\"")
        }
        self.init(field: field, direction: direction)
    }
}
